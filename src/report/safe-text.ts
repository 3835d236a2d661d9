// The door through which reports reach the safe text that everybody shares.
export { safeLine, safeText } from '../safe-text.ts'
