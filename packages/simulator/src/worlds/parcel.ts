import type { Delivery, DeliveryGuarantee, Member } from '@clowder/tribes'

/** The one thing that goes wrong in a world, done to one message when it is sent. */
export type Perturbation = 'lost' | 'doubled' | 'delayed'

export const PERTURBATIONS: readonly Perturbation[] = ['lost', 'doubled', 'delayed']

/** One message to one member. */
export interface Parcel {
  readonly kind: 'message'
  readonly from: number
  readonly to: number
  readonly number: number
  /** The wire's name of it, for people. */
  readonly type: string
  readonly body: Buffer
  readonly guarantee: DeliveryGuarantee
  readonly delivery: Delivery | undefined
  readonly destination: Member
  /** In which step of the world it was sent; causes precede effects. */
  readonly sentInStep: number
  /** Commits whose writes are in it, by number. */
  readonly carries: ReadonlySet<number>
  /** The second one of a doubled message. */
  readonly isCopy: boolean
}

/** The fate of a message on its way back to the sender. */
export interface Receipt {
  readonly kind: 'receipt'
  readonly parcel: Parcel
  readonly error: Error | undefined
}
