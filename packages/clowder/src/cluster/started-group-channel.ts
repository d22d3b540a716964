import assert from 'node:assert'
import type { ClusterChannel } from '@clowder/ha'
import { GroupChannel, type Member } from '@clowder/tribes'

/** A GroupChannel as the session layer needs it: once started it always has a local member, also after its stop. */
export class StartedGroupChannel extends GroupChannel implements ClusterChannel {
  #lastLocal: Member | undefined

  override localMember(): Member {
    this.#lastLocal = super.localMember() ?? this.#lastLocal
    assert(this.#lastLocal, 'the local member is asked for before the channel has started')
    return this.#lastLocal
  }
}
