// The two films of the language's design, as they are written there: the formatter and the checker are held to them.
export const film = `ltx 1                                       # language version, first line

use std/moves
use std/cues
use "./bible.ltx" as bible                  # cast, looks and templates shared by the series

project "Harbor Lights" {
  size     1920x1080
  fps      24
  seed     4217                             # every shot's seed is derived from this and the shot's path
  quality  pro                              # fast | pro; \`--draft\` turns every shot to fast
  on       ltx                              # the provider, unless a scene or shot says otherwise
  budget   $12.00                           # a hard ceiling, checked before every paid call
  loudness -14LUFS
  output   "out/harbor-lights.mp4"
}

provider ltx  hosted-ltx  { key env LTX_API_KEY }
provider gpu  local       { device "cuda:0"  model "models/ltx-2.3-distilled" }

cast mara "a woman in her thirties, cropped silver hair, navy peacoat"

scene harbor "a foggy harbor at dawn, fishing boats along the quay" {
  look  "soft low sun, 35mm grain"
  avoid cues.whiplash                       # movement to keep out, not only objects

  shot open 6s {
    "{mara} walks along the quay from left to right, coat flapping in the wind"
    camera moves.slow-push
    sound  "gulls, water lapping, a distant foghorn"

    extend 6s "{mara} stops and looks up at the lighthouse"
    extend 4s                               # same words, same seed, same camera notes
    retake 10s..12s "the camera stays level and still" { keep sound }
    takes 3
  }

  dissolve 12f

  shot sign 4s from "assets/sign.png" to "assets/sign-lit.png" {
    "the neon sign flickers on, subtle parallax"
  }

  shot line from "assets/mara.jpg" sync "assets/vo/line-1.m4a" on gpu {
    bible.speaks-to-camera(who: mara)       # a template, placed where it stands
    say mara "I knew you would come back."
  }
}

scene storm "the same quay at night, heavy rain" {
  shot wave 8s to-beat drums { "waves break over the wall" }       # conditioned on the bed that plays under it
  clip news "footage/broadcast.mp4" 2s..7s
  card end 3s "Harbor Lights" { below "a film in eleven shots" }
}

bed rain  "assets/rain.wav"  { over harbor..storm  gain -18dB  fade in 1s out 2s  loop  duck -9dB under voice }
bed drums "assets/drums.mp3" { over storm  gain -10dB }

title "Chapter one" 1s..4s { over harbor/open  style lower-third }
captions { from say  burn false }
`
export const series = `ltx 1
use std/shots
use "./bible.ltx" as bible

param number: int
param guest:  text
param face:   image
param vo:     audio
param cold-open: bool = true

series "Harbor Lights" {
  episodes "episodes.csv"                       # one row a film; columns fill the params (CSV or JSON)
  output   "out/{number}-{slug(guest)}.mp4"
}

scene intro "the studio, warm practical lights" {
  if cold-open { shot tease 4s { "{guest} laughs, leans back, the camera drifts right" } }
  shots.logo-bump(image: bible.logo)
  shot hello from face sync vo { bible.speaks-to-camera(who: guest) }
}

template lower-third(name: text, role: text) { title "{name}" 1s..4s { below role  style lower-third } }
`
