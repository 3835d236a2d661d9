// What a picture is, in words a person reads: size, rate, length.
import type { Form } from './plan.ts'
import { formatSeconds, framesToSeconds } from './time.ts'

/** `['1920x1080', '50 fps', '10s']`. */
export const formParts = ({ size, rate, frames }: Form): readonly string[] => [
  `${size.width}x${size.height}`,
  `${rate.den === 1 ? rate.num : `${rate.num}/${rate.den}`} fps`,
  formatSeconds(framesToSeconds(frames, rate)),
]
