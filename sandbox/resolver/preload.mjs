// Preloaded into Node processes by NODE_OPTIONS (see sandbox/env): `dns.lookup` of names under .test asks the slot's name server, whose
// address is in TERRACE_RESOLVER ("198.18.16.1", "127.0.0.1:5353", "[::1]:53"). Every other name goes the way it always went.
// Plain JavaScript and nearly no imports: this is part of the start of every Node process, old ones too.
import dns from "node:dns";
import { syncBuiltinESMExports } from "node:module";

const resolverAddress = process.env.TERRACE_RESOLVER;
const families = { 0: [4, 6], 4: [4], 6: [6], IPv4: [4], IPv6: [6] };

if (resolverAddress) {
  const systemLookup = dns.lookup;
  const systemLookupPromise = dns.promises.lookup;
  let resolver;

  const isOurs = (name) => typeof name === "string" && /(^|\.)test\.?$/i.test(name);

  /** All addresses of a name, IPv4 first, as `{address, family}`. Rejects with the errors that `dns.lookup` has. */
  const find = async (name, wanted) => {
    if (resolver === undefined) {
      // The bridge is one hop away: whoever does not answer within this will not.
      resolver = new dns.promises.Resolver({ timeout: 1500, tries: 2 });
      resolver.setServers([resolverAddress]);
    }
    const answers = await Promise.allSettled(wanted.map((family) => (family === 4 ? resolver.resolve4(name) : resolver.resolve6(name))));
    const found = answers.flatMap((answer, index) =>
      answer.status === "fulfilled" ? answer.value.map((address) => ({ address, family: wanted[index] })) : [],
    );
    if (found.length > 0) return found;
    const reasons = answers.map((answer) => answer.reason);
    const missing = reasons.every((reason) => reason.code === "ENOTFOUND" || reason.code === "ENODATA");
    throw missing ? failure(name, "ENOTFOUND", -3008) : failure(name, "EAI_AGAIN", -3001, reasons[0]);
  };

  const failure = (hostname, code, errno, cause) => {
    const why = cause === undefined ? "" : ` (the sandbox's name server ${resolverAddress} said ${cause.code ?? cause.message})`;
    return Object.assign(new Error(`getaddrinfo ${code} ${hostname}${why}`), { errno, code, syscall: "getaddrinfo", hostname });
  };

  /** What `dns.lookup` takes as options: nothing, a family, or an object. `undefined` for what it would refuse itself. */
  const read = (options) => {
    const { family = 0, all = false, order } = typeof options === "object" && options !== null ? options : { family: options ?? 0 };
    const wanted = families[family ?? 0];
    if (wanted === undefined || typeof (all ?? false) !== "boolean") return undefined;
    return { wanted: order === "ipv6first" ? wanted.toReversed() : wanted, all: all ?? false };
  };

  dns.lookup = function lookup(hostname, options, callback) {
    const done = typeof options === "function" ? options : callback;
    const asked = read(typeof options === "function" ? undefined : options);
    if (!isOurs(hostname) || asked === undefined || typeof done !== "function") return systemLookup.apply(dns, arguments);
    find(hostname, asked.wanted).then(
      // Out of the promise, so that an error thrown by the callback is an uncaught exception and not a rejection nobody sees.
      (found) => process.nextTick(() => (asked.all ? done(null, found) : done(null, found[0].address, found[0].family))),
      (error) => process.nextTick(() => done(error)),
    );
    return {};
  };

  dns.promises.lookup = async function lookup(hostname, options) {
    const asked = read(options);
    if (!isOurs(hostname) || asked === undefined) return systemLookupPromise.apply(dns.promises, arguments);
    const found = await find(hostname, asked.wanted);
    return asked.all ? found : found[0];
  };

  // `util.promisify(dns.lookup)` gives an object, as Node documents it.
  Object.defineProperty(dns.lookup, Symbol.for("nodejs.util.promisify.custom"), { value: dns.promises.lookup, enumerable: false });
  syncBuiltinESMExports();
}
