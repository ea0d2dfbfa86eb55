import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useChat } from '../state/context.ts';
import { arrange, inPieces, type Row } from './arrange.ts';
import { OneMessage } from './message.tsx';
import { dayOf } from '../state/times.ts';
import { Icon } from './icon.tsx';

const RowOf = ({ row }: { row: Row }) =>
  row.kind === 'day' ? (
    <li class="day">{dayOf(row.at)}</li>
  ) : row.kind === 'fresh' ? (
    <li class="fresh">New messages</li>
  ) : (
    <OneMessage message={row.message} isNext={row.isNext} />
  );

interface PieceProps {
  rows: Row[];
  observer: PieceObserver;
  /** Somebody goes to a message in it, wherever it is. */
  isWanted: boolean;
}

/**
 * A piece of the log. Far from what is seen it is an empty place of the same height, so that a page that has read ten thousand
 * messages has the elements of a hundred.
 */
const Piece = ({ rows, observer, isWanted }: PieceProps) => {
  const element = useRef<HTMLOListElement>(null);
  const [isNear, setIsNear] = useState(true);
  /** What has the focus stays, or keys would lead nowhere. */
  const [hasFocus, setHasFocus] = useState(false);
  const height = useRef(0);
  const isShown = isNear || isWanted || hasFocus;
  useLayoutEffect(() => {
    if (isWanted) setIsNear(true); // the observer will say when it is far again
  }, [isWanted]);
  useLayoutEffect(() => {
    if (isShown && element.current) height.current = element.current.offsetHeight;
  });
  useEffect(() => {
    const { current } = element;
    if (!current) return undefined;
    observer.observe(current, setIsNear);
    return () => observer.forget(current);
  }, [observer]);
  return (
    <ol
      ref={element}
      class="log-piece"
      onFocusIn={() => setHasFocus(true)}
      onFocusOut={() => setHasFocus(false)}
      style={isShown ? { height: 'auto' } : { height: `${height.current}px` }}
    >
      {isShown && rows.map((row) => <RowOf key={row.key} row={row} />)}
    </ol>
  );
};

/** Tells pieces whether they are near what is seen. */
class PieceObserver {
  readonly #tell = new Map<Element, (isNear: boolean) => void>();
  readonly #observer: IntersectionObserver;

  constructor(root: Element) {
    this.#observer = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) this.#tell.get(target)?.(isIntersecting);
      },
      { root, rootMargin: '1200px 0px' },
    );
  }

  observe(element: Element, tell: (isNear: boolean) => void): void {
    this.#tell.set(element, tell);
    this.#observer.observe(element);
  }

  forget(element: Element): void {
    this.#tell.delete(element);
    this.#observer.unobserve(element);
  }

  close(): void {
    this.#observer.disconnect();
  }
}

const has = (rows: readonly Row[], seq: number): boolean =>
  rows.some((row) => row.kind === 'message' && row.message.seq === seq);

/** So near the end counts as being there. */
const endPx = 80;

const isAtEnd = ({ scrollHeight, scrollTop, clientHeight }: Element): boolean =>
  scrollHeight - scrollTop - clientHeight < endPx;

/** The messages of the open conversation, from the newest up to the first. */
export const Log = () => {
  const { current, session } = useChat();
  const box = useRef<HTMLDivElement>(null);
  const top = useRef<HTMLDivElement>(null);
  const [observer, setObserver] = useState<PieceObserver>();
  const follows = useRef(true);
  const before = useRef({ height: 0, first: 0 });
  const messages = current.messages.value;
  const first = messages[0]?.seq ?? 0;
  const last = messages.at(-1)?.seq;

  useLayoutEffect(() => {
    if (!box.current) return undefined;
    const element = box.current;
    const made = new PieceObserver(element);
    setObserver(made);
    // A composer that grows, or a phone's keyboard, does not cover what is said last.
    const sizes = new ResizeObserver(() => {
      if (follows.current) element.scrollTop = element.scrollHeight;
    });
    sizes.observe(element);
    return () => {
      made.close();
      sizes.disconnect();
    };
  }, []);

  // What comes in above must not move what is read; what comes in below is followed by who is at the end.
  useLayoutEffect(() => {
    const { current: element } = box;
    if (!element) return;
    const isAbove = first < before.current.first;
    if (follows.current && !isAbove) element.scrollTop = element.scrollHeight;
    else if (isAbove) element.scrollTop += element.scrollHeight - before.current.height;
    before.current = { height: element.scrollHeight, first };
  }, [messages, observer]);

  useEffect(() => {
    const { current: element } = top;
    if (!element || !box.current) return undefined;
    const watcher = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) void current.loadEarlier();
      },
      { root: box.current, rootMargin: '800px 0px' },
    );
    watcher.observe(element);
    return () => watcher.disconnect();
  }, [first, current.hasEarlier.value]);

  const goal = current.goal.value;
  useEffect(() => {
    if (goal === undefined) return;
    const { current: element } = box;
    follows.current = goal === last;
    if (follows.current) element?.scrollTo({ top: element.scrollHeight });
    else element?.querySelector(`[data-seq="${goal}"]`)?.scrollIntoView({ block: 'center' });
    current.reached();
  }, [goal, messages]);

  const scrolled = (): void => {
    const { current: element } = box;
    if (!element) return;
    follows.current = isAtEnd(element);
    before.current.height = element.scrollHeight;
    current.isAtEnd.value = follows.current;
    if (follows.current) current.seen();
  };

  return (
    <div class="logbox">
      <div
        ref={box}
        class="scroll log"
        role="log"
        aria-label="Messages"
        aria-relevant="additions"
        // Earlier messages that come in above are no news.
        aria-live={current.isAtEnd.value ? 'polite' : 'off'}
        tabIndex={0}
        onScroll={scrolled}
      >
        <div ref={top} class="beginning quiet">
          {current.hasEarlier.value ? 'Loading earlier messages …' : 'This is where it begins.'}
        </div>
        {observer &&
          inPieces(arrange(messages, current.freshAfter.value, session.userId.value)).map(({ key, rows }) => (
            <Piece
              key={key}
              rows={rows}
              observer={observer}
              isWanted={goal !== undefined && has(rows, goal)}
            />
          ))}
      </div>
      {!current.isAtEnd.value && (
        <button
          class="newest"
          onClick={() => {
            follows.current = true;
            current.goToEnd();
          }}
        >
          <Icon name="down" /> Newest
        </button>
      )}
    </div>
  );
};
