import { build } from '../../scripts/relay.ts'

/** Builds the Worker once, before the first test starts a relay. */
export default build
