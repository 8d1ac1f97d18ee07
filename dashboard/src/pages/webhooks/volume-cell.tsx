import type { Volume } from '../../api/webhooks-stats.ts'
import { strings } from '../../strings.ts'
import { Sparkline } from '../../ui/sparkline.tsx'
import classes from './volume-cell.module.css'

const words = strings.webhooks.volume

/** @param volume undefined: not there yet; null: could not be had */
export function VolumeCell({ volume }: { volume: Volume | null | undefined }) {
  if (volume === undefined) return <div className={classes['coming']} />
  if (volume === null) return <Quiet>{words.unknown}</Quiet>
  const { succeeded, failed, attemptsFailed, buckets } = volume
  if (succeeded + failed === 0)
    return <Quiet>{attemptsFailed === 0 ? words.none : words.noneEnded(attemptsFailed)}</Quiet>
  return (
    <div className={classes['volume']}>
      <Sparkline buckets={buckets} label={words.label(succeeded, failed)} />
      <div className={classes['figures']} aria-hidden="true">
        <div>{words.count(succeeded)}</div>
        {failed > 0 && <div className={classes['failed']}>{words.failed(words.count(failed))}</div>}
      </div>
    </div>
  )
}

function Quiet({ children }: { children: string }) {
  return <div className={classes['quiet']}>{children}</div>
}
