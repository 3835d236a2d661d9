// Fourteen forms in which a host asks to be left alone, said at ten in the morning of 20 November 2026.

/** Form, header, body, milliseconds. */
export const forms: readonly (readonly [string, string | undefined, string, number | undefined])[] = [
  ['seconds', '7', '', 7000],
  ['seconds with blanks', '  7 ', '', 7000],
  ['zero', '0', '', 0],
  ['decimal', '1.5', '', 1500],
  ['HTTP date', 'Fri, 20 Nov 2026 10:00:30 GMT', '', 30_000],
  ['old HTTP date', 'Friday, 20-Nov-26 10:00:30 GMT', '', 30_000],
  ['asctime date', 'Fri Nov 20 10:00:30 2026', '', 30_000],
  ['past date', 'Fri, 20 Nov 2026 09:00:00 GMT', '', 0],
  ['negative', '-5', '', 0],
  ['huge', '99999999999999', '', 366 * 24 * 3600_000],
  ['garbage', 'soon, maybe', '', undefined],
  ['absent', undefined, '', undefined],
  ['said twice', '7, 7', '', 7000],
  ['in the body', undefined, '{"detail":"Request was throttled. Your rate limit resets in ~30s."}', 30_000],
]
