// Every provider that can be called, against the one suite.
import { animatic } from '../../src/providers/animatic/index.ts'
import { conforms } from './conformance.ts'

conforms({ name: 'animatic', provider: (tool) => animatic(async () => tool, tool.version) })
