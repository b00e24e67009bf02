/** How pages of results look: in daylight and at night, from 360 pixels up. */

export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --page: #ffffff; --ink: #16202b; --muted: #566270; --hair: #e4e8ec; --rule: #8b96a2;
  --own: #1558d6; --other: #b4bdc7; --slower: #c2410c; --whisker: #16202b; --focus: #1558d6;
  --engine-0: #1558d6; --engine-1: #a85a00; --engine-2: #0b7a6f; --engine-3: #8338b8; --engine-4: #5b6470;
  --engine-5: #b3261e; --engine-6: #3f7a1f; --engine-7: #5b6470;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #11161c; --ink: #e3e9ef; --muted: #9aa7b4; --hair: #252e38; --rule: #6b7885;
    --own: #6ea2ff; --other: #4a5765; --slower: #ff9d6b; --whisker: #e3e9ef; --focus: #6ea2ff;
    --engine-0: #6ea2ff; --engine-1: #f0a94a; --engine-2: #45c7b8; --engine-3: #cc94f2; --engine-4: #a9b4bf;
    --engine-5: #ff8f85; --engine-6: #8fd06b; --engine-7: #a9b4bf;
  }
}
* { box-sizing: border-box; }
html { background: var(--page); color: var(--ink); -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 1368px; padding: 24px 16px 64px; font: 15px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { margin: 0 0 12px; font-size: 26px; line-height: 1.2; letter-spacing: -0.01em; }
h2 { margin: 0 0 6px; font-size: 19px; line-height: 1.3; }
h2 small { font-size: 15px; font-weight: 400; color: var(--muted); }
h3 { margin: 20px 0 4px; font-size: 15px; }
p { margin: 0 0 8px; max-width: 80ch; }
a { color: var(--own); text-underline-offset: 2px; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; }
.muted, .legend, figcaption, summary, caption { color: var(--muted); }
section > .muted { font-size: 14px; max-width: 110ch; }
.legend { font-size: 13px; margin-bottom: 12px; max-width: 110ch; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 2px 16px; margin: 0 0 16px; }
dt { color: var(--muted); }
dd { margin: 0; }
nav ul { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 0; padding: 10px 0; list-style: none;
  border-block: 1px solid var(--hair); }
section { margin-top: 44px; }
section section { margin-top: 0; }
.overview { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 36px 48px; }
.overview > div { min-width: 0; }
.panels { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 340px), 1fr)); gap: 28px 40px;
  align-items: start; margin: 0 0 24px; }
figure { margin: 0; max-width: 440px; min-width: 0; }
figcaption { margin-bottom: 8px; font-size: 13px; line-height: 1.4; }
figcaption b { color: var(--ink); }
.notes { margin: 0 0 12px; padding-left: 22px; max-width: 100ch; font-size: 14px; }
.notes li { margin: 2px 0; }
details { margin: 10px 0; }
summary { cursor: pointer; width: max-content; max-width: 100%; font-size: 14px; }
.scrolls { overflow: auto; max-height: 80vh; margin: 8px 0; border: 1px solid var(--hair); overflow-wrap: normal; }
.samples { max-height: 40vh; }
pre { margin: 8px; font-size: 12px; }
table { border-collapse: collapse; font-size: 13px; }
caption { text-align: left; padding: 6px 10px; }
th, td { padding: 3px 10px; text-align: left; vertical-align: top; border-top: 1px solid var(--hair); }
th { position: sticky; top: 0; background: var(--page); font-weight: 600; white-space: nowrap; }
.numbers { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.words { max-width: 44ch; }
svg { display: block; width: 100%; height: auto; overflow: visible; font: 11px system-ui, sans-serif;
  font-variant-numeric: tabular-nums; fill: var(--ink); }
svg .heading { font-weight: 600; }
svg .tick, svg .missed, svg .note, svg text.limit { fill: var(--muted); }
svg .label.own, svg .note.own { font-weight: 600; fill: var(--own); }
svg .grid { stroke: var(--hair); }
svg .origin { stroke: var(--rule); }
svg .bar.own { fill: var(--own); }
svg .bar.other { fill: var(--other); }
svg .bar.slower { fill: var(--slower); }
svg .whisker { stroke: var(--whisker); stroke-width: 1.25; }
svg .mark { stroke: var(--whisker); stroke-width: 2; }
svg .dot { fill: var(--own); fill-opacity: 0.35; }
svg .mean { stroke: var(--own); stroke-width: 2.5; }
${[0, 1, 2, 3, 4, 5, 6, 7].map((i) => `svg .engine-${i} { --engine: var(--engine-${i}); }`).join('\n')}
svg .line path { fill: none; stroke: var(--engine); stroke-width: 1.75; }
svg .line circle { fill: var(--engine); }
svg .line .whisker { stroke: var(--engine); }
svg .line text { fill: var(--engine); font-weight: 600; }
svg .area { fill: var(--engine); fill-opacity: 0.16; }
svg .outline { fill: none; stroke: var(--engine); stroke-width: 1.25; stroke-linejoin: round; }
svg line.limit { stroke: var(--rule); stroke-dasharray: 4 3; }
svg line.switch { stroke: var(--ink); }
svg text.switch { font-weight: 600; }
@media print { details { display: none; } figure { break-inside: avoid; } }
`
