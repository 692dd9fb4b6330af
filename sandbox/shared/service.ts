/** A part of the outside world that runs inside the slot's supervisor. */
export interface RunningService {
  close(): Promise<void>;
  /** For a service that is a process of its own: whether that is alive. A service without this lives as long as the supervisor. */
  runs?(): boolean;
  /** Switches for bad days, reached by `npm run sandbox -- break <service> <control> [json]`; the answer is printed as JSON. */
  readonly controls?: Readonly<Record<string, (argument: unknown) => Promise<unknown>>>;
}

/** Where a service listens and with which certificate (PEM). */
export interface TlsListener {
  readonly host: string;
  readonly port: number;
  readonly certificate: string;
  readonly privateKey: string;
}
