/**
 * Scrolling two stacks together.
 */

/** A stack as it is scrolled: which slice is shown, and where each lies in millimetres. */
export interface Stack {
  index: number;
  /** Absent where a stack has no planes. */
  positions?: readonly number[];
  count: number;
}

/** What links two stacks: the shift between them, by position where both have one. */
export type Link = { by: "position"; shift: number } | { by: "share" };

/**
 * Begin with the same share of both stacks; what the user has aligned since stays aligned.
 *
 * Two scanners place their origins as they like, so positions alone do not fit together; the
 * distance that one scrolls does.
 */
export function linkOf(leader: Stack, follower: Stack): Link {
  const [from, to] = [positionAt(leader), positionAt(follower)];
  return from === undefined || to === undefined ? { by: "share" } : { by: "position", shift: to - from };
}

/** Return the slice of the follower that belongs to that of the leader. */
export function followed(leader: Stack, follower: Stack, link: Link): number {
  const from = positionAt(leader);
  if (link.by === "position" && from !== undefined && follower.positions !== undefined) {
    return nearest(follower.positions, from + link.shift);
  }
  const share = leader.count > 1 ? leader.index / (leader.count - 1) : 0;
  return Math.round(share * (follower.count - 1));
}

/** Return the slice at which a follower begins: by position in one frame of reference, else by share. */
export function begun(leader: Stack, follower: Stack, isSameFrame: boolean): number {
  return followed(leader, follower, isSameFrame ? { by: "position", shift: 0 } : { by: "share" });
}

function positionAt(stack: Stack): number | undefined {
  return stack.positions?.[stack.index];
}

function nearest(positions: readonly number[], wanted: number): number {
  let found = 0;
  positions.forEach((position, index) => {
    if (Math.abs(position - wanted) < Math.abs((positions[found] ?? Infinity) - wanted)) {
      found = index;
    }
  });
  return found;
}
