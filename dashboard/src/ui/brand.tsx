import { useState } from 'react'
import { useLook } from '../embed/frame-look.ts'
import icon from '../icon.svg'
import { isEmbedded } from '../place.ts'
import { strings } from '../strings.ts'

/** Whose page it is. In a frame that is the panel's to say, if it wants to. */
export function Brand({ className }: { className: string }) {
  const { name, logo } = useLook()
  const [isLogoLost, setIsLogoLost] = useState(false)
  const image = isLogoLost ? null : logo
  if (!isEmbedded) {
    return (
      <span className={className}>
        <img src={icon} alt="" width={20} height={20} />
        {strings.product}
      </span>
    )
  }
  if (name === null && image === null) return null
  return (
    <span className={className}>
      {image !== null && <img src={image} alt="" height={20} onError={() => setIsLogoLost(true)} />}
      {name}
    </span>
  )
}
