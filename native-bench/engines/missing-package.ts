/** Engines that are not installed: their cases are listed as absent, not as failed. */

/** Why an engine takes no part whose loading failed with the error of this message; null if it is installed. */
export function missingPackageReason(message: string): string | null {
  const name = /Cannot find package '([^']+)'/.exec(message)?.[1]
  return name === undefined ? null : `${name} is not installed here`
}
