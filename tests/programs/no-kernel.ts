/** A file that cannot be a slave: it has algorithms at most, and ends at once. */
export const answer = 42;
