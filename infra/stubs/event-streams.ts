/** Stands in for the SDK's event streams: no call of ours has one, and S3's client asks for them at its making only. */
export const resolveEventStreamSerdeConfig = <T>(config: T): T => config;

/** @throws always: there is nothing to be read as a stream of events */
export const eventStreamSerdeProvider = (): never => {
  throw new Error('event streams are not part of this bundle');
};

export { eventStreamSerdeProvider as EventStreamSerde };
