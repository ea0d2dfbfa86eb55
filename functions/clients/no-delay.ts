import rhea from 'rhea';

/** A connection's options, with what stands for one that was not given. */
interface Options {
  get_option: (this: Options, name: string, otherwise: unknown) => unknown;
}

let isDone = false;

/**
 * Turns Nagle's algorithm off for the connections of the Service Bus SDK made from now on. With it a frame that follows
 * another waits until the other side has acknowledged the first, which that may put off for 40 ms, and a send that is
 * awaited is just such a frame. rhea, which makes the SDK's connections, has an option for it, on by itself for receivers
 * only; the SDK has none, hands none on, and makes connections anew when one is lost. So it is rhea's default that changes.
 */
export const sendWithoutDelay = (): void => {
  if (isDone) return;
  isDone = true;
  const connections = Object.getPrototypeOf(rhea.create_connection({ port: 0 })) as Options;
  const { get_option: optionOf } = connections;
  connections.get_option = function (name, otherwise) {
    return optionOf.call(this, name, name === 'tcp_no_delay' ? true : otherwise);
  };
};
