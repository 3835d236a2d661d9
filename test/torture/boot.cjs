// Starts the bundled runner as `node` would, with the code that an earlier one has compiled: of a runner's third of a
// second a fourth would go into that. `boot.cjs BUNDLE ORDERS`; with LTX_KEEP_CODE set, the code is kept at the end.
const { existsSync, readFileSync, renameSync, writeFileSync } = require('node:fs')
const { createRequire } = require('node:module')
const { dirname } = require('node:path')
const { Script } = require('node:vm')

const [file, orders] = process.argv.slice(2)
const kept = `${file}.code`
const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(file, 'utf8')}\n})`
const script = new Script(source, { filename: file, ...(existsSync(kept) ? { cachedData: readFileSync(kept) } : {}) })
process.argv = [process.argv[0], file, orders]
if (process.env.LTX_KEEP_CODE !== undefined)
  process.on('exit', () => {
    writeFileSync(`${kept}.${process.pid}`, script.createCachedData())
    renameSync(`${kept}.${process.pid}`, kept)
  })
const unit = { exports: {} }
script.runInThisContext()(unit.exports, createRequire(file), unit, file, dirname(file))
