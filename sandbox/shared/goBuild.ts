/**
 * Flags for every Go program here; alike, so that they share what is compiled for them.
 *
 * `-mod=readonly`: what is not in go.sum is refused instead of being added. `-trimpath`: the same bytes from every checkout. `osusergo`:
 * os/user reads /etc/passwd, as the rest of a static program does. `-dwarf=false`: debugging information, a quarter of the work, would only
 * be made for the linker (`-s -w`) to leave out; stack traces do without it.
 */
export const goBuildFlags = ["-mod=readonly", "-trimpath", "-buildvcs=false", "-tags", "osusergo", "-gcflags=all=-dwarf=false"] as const;

/** Static, from the folder's own module. A compiler lives for seconds: it collects garbage only where it would grow beyond reason. */
export const goBuildEnvironment = { CGO_ENABLED: "0", GOWORK: "off", GOGC: "off", GOMEMLIMIT: "2GiB" } as const;
