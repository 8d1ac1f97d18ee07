/** Where in a frame a dialog opens: where its user looks, and never outside of the frame. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { placeIn } from '../../../dashboard/src/embed/seen-part.ts'

test('it is what is in sight, if that is enough', () => {
  expect(placeIn({ top: 1200, bottom: 2100 }, 3000)).toEqual({ topPx: 1200, heightPx: 900 })
})

test('of a frame that is nearly scrolled away it is the end that is left, and what is needed beside it', () => {
  expect(placeIn({ top: 2900, bottom: 3000 }, 3000)).toEqual({ topPx: 2680, heightPx: 320 })
  expect(placeIn({ top: 0, bottom: 100 }, 3000)).toEqual({ topPx: 0, heightPx: 320 })
})

test('it is within the frame, whatever is in sight, and has all of that if it may', () => {
  const px = fc.integer({ min: 0, max: 5000 })
  fc.assert(
    fc.property(px, px, px, (a, b, height) => {
      const top = Math.min(a, b, height)
      const bottom = Math.min(Math.max(a, b), height)
      const { topPx, heightPx } = placeIn({ top, bottom }, height)
      expect(topPx).toBeGreaterThanOrEqual(0)
      expect(topPx + heightPx).toBeLessThanOrEqual(height)
      expect(topPx).toBeLessThanOrEqual(top)
      expect(topPx + heightPx).toBeGreaterThanOrEqual(bottom)
    }),
  )
})
