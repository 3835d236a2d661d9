// Where things lie below a project's `.ltx` folder. Everything there can be kept out of git; the lock beside the
// script is what goes in.
import type { Namespace } from './store.ts'

/** What each key has made on this machine. */
export const actionsPath = (dotLtx: string, namespace: Namespace): string => `${dotLtx}/${namespace}/actions.ndjson`
/** Facts of assets, by path, size and time of change. */
export const assetFactsPath = (dotLtx: string): string => `${dotLtx}/cache/assets.json`
/** Hashes of the files of models, by path, size and time of change. */
export const weightsPath = (dotLtx: string): string => `${dotLtx}/cache/weights.json`
/** What hosts hold of our files, and until when. */
export const uploadsPath = (dotLtx: string): string => `${dotLtx}/cache/uploads.json`
/** What a provider has to keep between runs, by its name in the script. */
export const keptPath = (dotLtx: string, name: string): string => `${dotLtx}/kept/${name}`
/** Work under way; emptied when a run begins. */
export const scratchPath = (dotLtx: string, name: string): string => `${dotLtx}/scratch/${name}`
/** What was bought, as read off journals that were put away. */
export const ledgerPath = (dotLtx: string): string => `${dotLtx}/ledger.ndjson`
