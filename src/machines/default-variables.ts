/**
 * The variables of slave processes that nobody has set otherwise.
 *
 * glibc asks Linux for large pages, which in `madvise` mode only a process that asks gets: memory that a process has not had before
 * then costs a fraction, as half of the time to take a large value does. Other systems, and other libraries of C, ignore it.
 */
export const DEFAULT_VARIABLES: Readonly<Record<string, string>> = {
  GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1',
};
