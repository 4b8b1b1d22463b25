import type { Link, PortableLink } from "@confed/transports";

/** The link, if it is open and another process can go on with it. */
export function portable(link: Link | undefined): PortableLink | undefined {
  if (link === undefined || !("snapshot" in link)) return undefined;
  const candidate = link as PortableLink;
  return candidate.descriptor === undefined ? undefined : candidate;
}
