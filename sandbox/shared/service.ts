/** A part of the outside world that runs inside the slot's supervisor. */
export interface RunningService {
  close(): Promise<void>;
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
