// Makes every picture, sound and clip that the example films and the test samples use, from nothing but the code in
// scripts/assets/ and the fonts in assets/fonts/. `node scripts/make-assets.mjs [WORD]` makes those whose path holds WORD.
import { mkdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { newsroom, quay, rain } from './assets/ambience.mjs'
import { chart } from './assets/chart.mjs'
import { portrait } from './assets/face.mjs'
import { broadcast } from './assets/footage.mjs'
import { fjordPulse, morning, nightDesk, stormDrums, track } from './assets/music.mjs'
import { sign } from './assets/neon.mjs'
import { ada, jun, mara, mira } from './assets/people.mjs'
import { writeJpeg, writePng } from './assets/picture.mjs'
import { beeps, plate, testClip } from './assets/plain.mjs'
import { bottle, fjordLogo, podcastLogo } from './assets/product.mjs'
import { level, writeSound } from './assets/sound.mjs'
import { root } from './assets/tools.mjs'
import { speak } from './assets/voice.mjs'

const png = (draw) => (path) => writePng(draw(), path)
const jpeg = (draw) => (path) => writeJpeg(draw(), path)
const sound = (play, bitrate) => (path) => writeSound(path, level(play()), { bitrate })
const smallSound = (play) => (path) => writeSound(path, level(play()), { rate: 8000 })

async function news(path) {
  const voice = `${path}.wav`
  await writeSound(voice, level(newsroom()))
  await broadcast(path, voice)
  await rm(voice)
}

const lines = {
  mara: ['AY1 N UW1 Y UW W UH D K AH1 M , B AE1 K .', { pitch: 196, tract: 1.12, pace: 1.3, seed: 3 }],
  ada: [
    'M OW1 S T AH V M AY W ER1 K HH AE1 P AH N Z AE1 F T ER M IH1 D N AY T , W EH N DH AH M AH SH IY1 N Z S T AA1 P T AO1 K IH NG .',
    { pitch: 205, tract: 1.14, pace: 1.15, seed: 5 },
  ],
  jun: ['Y UW HH IH1 R AH S IH1 T IY B EH1 S T , F R AH M IH T S R UW1 F S .', { pitch: 122, tract: 1, pace: 1.35, seed: 7 }],
  mira: ['EH1 V R IY B R IH1 JH HH AH1 M Z . AY JH AH S T R AY1 T D AW1 N DH AH N OW1 T .', { pitch: 184, tract: 1.1, pace: 1.3, seed: 8 }],
}
const spoken = (who) => sound(() => [speak(...lines[who])], '56k')

const assets = {
  'examples/harbor/assets/sign.png': png(() => sign(false)),
  'examples/harbor/assets/sign-lit.png': png(() => sign(true)),
  'examples/harbor/assets/chart.png': png(chart),
  'examples/harbor/assets/mara.jpg': jpeg(() => portrait(mara)),
  'examples/harbor/assets/vo/line-1.m4a': spoken('mara'),
  'examples/harbor/assets/quay.m4a': sound(() => quay(10), '48k'),
  'examples/harbor/assets/rain.m4a': sound(() => rain(5), '64k'),
  'examples/harbor/assets/drums.mp3': sound(stormDrums, '64k'),
  'examples/harbor/assets/morning.m4a': sound(morning, '56k'),
  'examples/harbor/footage/broadcast.mp4': news,
  'examples/podcast-intro/assets/logo.png': png(podcastLogo),
  'examples/podcast-intro/assets/night-desk.m4a': sound(nightDesk, '64k'),
  'examples/podcast-intro/assets/ada.jpg': jpeg(() => portrait(ada)),
  'examples/podcast-intro/assets/jun.jpg': jpeg(() => portrait(jun)),
  'examples/podcast-intro/assets/mira.jpg': jpeg(() => portrait(mira)),
  'examples/podcast-intro/assets/vo/ada.m4a': spoken('ada'),
  'examples/podcast-intro/assets/vo/jun.m4a': spoken('jun'),
  'examples/podcast-intro/assets/vo/mira.m4a': spoken('mira'),
  'examples/product-teaser/assets/bottle-front.png': png(() => bottle(0)),
  'examples/product-teaser/assets/bottle-half.png': png(() => bottle(0.5)),
  'examples/product-teaser/assets/bottle-turned.png': png(() => bottle(1)),
  'examples/product-teaser/assets/logo.png': png(fjordLogo),
  'examples/product-teaser/assets/pulse.m4a': sound(fjordPulse, '56k'),
  'examples/music-cut/assets/track.mp3': sound(track, '96k'),
  'test/samples/pictures/assets/first.png': png(() => plate(0)),
  'test/samples/pictures/assets/middle.png': png(() => plate(1)),
  'test/samples/pictures/assets/last.png': png(() => plate(2)),
  'test/samples/sound/assets/face.png': png(() => plate(3)),
  'test/samples/sound/assets/line.wav': smallSound(() => [beeps(1.5, 0.5)]),
  'test/samples/sound/assets/beat.mp3': sound(() => [beeps(6, 0.25)], '32k'),
  'test/samples/joins/assets/map.png': png(() => plate(4)),
  'test/samples/joins/assets/own.mp4': testClip,
  'test/samples/beds/assets/sea.m4a': sound(() => [beeps(1, 1)], '32k'),
  'test/samples/beds/assets/voice.wav': smallSound(() => [beeps(1, 0.2)]),
  'test/samples/series/assets/face-1.png': png(() => plate(5)),
  'test/samples/series/assets/face-2.png': png(() => plate(6)),
}

const wanted = process.argv[2] ?? ''
for (const [path, make] of Object.entries(assets)) {
  if (!path.includes(wanted)) continue
  const whole = join(root, path)
  await mkdir(dirname(whole), { recursive: true })
  await make(whole)
  console.log(path)
}
