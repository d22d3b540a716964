// `npx tsx test/golden/write.ts`: writes the golden files of the wire anew. What was released is never written again: a wire that changes gets a folder of its own.
import { ALL_KINDS } from './all-kinds.js'
import { writeGolden } from './golden-file.js'

for (const kind of ALL_KINDS) writeGolden(kind)
