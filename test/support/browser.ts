/** Chromium, for tests of pages: the one that CHROMIUM_PATH names, or one by a usual name on PATH. */

import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, launch } from 'puppeteer-core'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'] as const

/** Null if there is none. Of CHROMIUM_PATH, that it exists is not checked: it was asked for. */
export function browserPath(): string | null {
  const { CHROMIUM_PATH: chosen, PATH: directories = '' } = process.env
  if (chosen !== undefined && chosen !== '') return chosen
  const paths = directories.split(delimiter).flatMap((directory) => NAMES.map((name) => join(directory, name)))
  return paths.find(isExecutable) ?? null
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Without a window. Pages of tests come from this machine, so that none needs the sandbox, which root lacks. */
export function openBrowser(path: string): Promise<Browser> {
  return launch({ executablePath: path, args: ['--no-sandbox', '--disable-gpu'] })
}
