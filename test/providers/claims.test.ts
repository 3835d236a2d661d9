// Whose a job at a host is, across runs.
import { expect, test } from 'vitest'
import { openClaims } from '../../src/providers/claims.ts'
import { openMemoryWorld } from '../runtime/memory-world.ts'

test('what one run has claimed the next run knows; one’s own is no other’s', async () => {
  const { files, clock } = openMemoryWorld({})
  const first = openClaims({ files, clock }, '/film/.ltx/kept')
  await Promise.all([first.claim('a', 'one'), first.claim('b', 'two')])
  const next = openClaims({ files, clock }, '/film/.ltx/kept')
  expect([...(await next.others('one'))]).toEqual(['b'])
  expect([...(await next.others('three'))].sort()).toEqual(['a', 'b'])
})
test('a book that cannot be read or written is only forgotten', async () => {
  const { files, clock } = openMemoryWorld({})
  await files.writeWhole('/film/claims.json', '{"version":1,"claims":[{"id":')
  const claims = openClaims({ files: { ...files, writeWhole: () => Promise.reject(new Error('full')) }, clock }, '/film')
  expect([...(await claims.others('one'))]).toEqual([])
  await claims.claim('a', 'two')
  expect([...(await claims.others('one'))]).toEqual(['a'])
})
