import assert from "node:assert/strict";
import type { PlatformSuite } from "./suite.ts";

export function ingressSection(suite: PlatformSuite): void {
  const { on } = suite;

  describe("and its ingress", () => {
    const address = (): Promise<string> =>
      on("docker inspect --format '{{(index .NetworkSettings.Networks \"terrace-ingress\").IPAddress}}' terrace-ingress");
    const curl = (words: string): Promise<string> => on(`curl --silent --show-error --max-time 10 ${words} 2>&1; echo " exit $?"`);

    it("answers with the certificate it was given, and to no other name", async () => {
      const served = await curl(
        `--resolve truealpha.test:443:127.0.0.1 --output /dev/null --write-out '%{http_code}' https://truealpha.test/`,
      );
      assert.equal(served, "404 exit 0");
      const unknown = await curl("--insecure --resolve other.test:443:127.0.0.1 https://other.test/");
      assert.match(unknown, /exit 35$/);
    });

    it("sends plain requests to TLS", async () => {
      const answer = await curl(
        "--header 'Host: truealpha.test' --output /dev/null --write-out '%{http_code} %{redirect_url}' http://127.0.0.1/x",
      );
      assert.equal(answer, "301 https://truealpha.test/x exit 0");
    });

    it("listens on IPv6 too, and sees who asks", async () => {
      const { ipv6 } = suite.world.host.place.address;
      const served = await curl(
        `--resolve 'truealpha.test:443:[${ipv6}]' --output /dev/null --write-out '%{http_code}' https://truealpha.test/`,
      );
      assert.equal(served, "404 exit 0");
    });

    it("has an API that nothing but its own loopback reaches", async () => {
      const ip = await address();
      assert.match(await curl(`http://${ip}:8080/api/rawdata`), /exit 7$/);
      assert.equal(await on(`docker port terrace-ingress | grep -v -e '^80/' -e '^443/' || true`), "");
      const inside = await on(
        "nsenter --net=/proc/$(docker inspect --format '{{.State.Pid}}' terrace-ingress)/ns/net curl --silent http://127.0.0.1:8080/api/version",
      );
      assert.match(inside, /"Version":"v?3\./);
    });

    it("runs with nothing but what it needs", async () => {
      const status = await on("cat /proc/$(docker inspect --format '{{.State.Pid}}' terrace-ingress)/status");
      // Bit 10: CAP_NET_BIND_SERVICE.
      assert.match(status, /^CapEff:\s+0000000000000400$/m);
      assert.match(status, /^NoNewPrivs:\s+1$/m);
      assert.equal(
        await on("docker inspect --format '{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.RestartPolicy.Name}}' terrace-ingress"),
        "true unless-stopped",
      );
    });

    it("shows a new certificate without a restart", async () => {
      const before = await on(
        "docker inspect --format '{{.State.StartedAt}}' terrace-ingress; ls /srv/terrace/ingress/certificates/staging",
      );
      const none = await suite.world.host.result("host-secrets", suite.world.hostSecrets({ originCertificates: [] }));
      assert.equal(none.outcome, "deployed");
      await on(
        "until ! curl --silent --insecure --resolve truealpha.test:443:127.0.0.1 https://truealpha.test/ >/dev/null; do sleep 0.1; done",
      );
      assert.equal((await suite.world.host.result("host-secrets", suite.world.hostSecrets())).outcome, "deployed");
      await on("until curl --silent --resolve truealpha.test:443:127.0.0.1 https://truealpha.test/ >/dev/null; do sleep 0.1; done");
      assert.equal((await suite.world.host.result("host-secrets", suite.world.hostSecrets())).outcome, "unchanged");
      assert.equal(
        await on("docker inspect --format '{{.State.StartedAt}}' terrace-ingress; ls /srv/terrace/ingress/certificates/staging"),
        before,
      );
    });

    it("leaves no registry password on the disk, in clear or otherwise readable", async () => {
      const { password } = suite.world.sandbox.seed.registry;
      const encoded = Buffer.from(password).toString("base64").replace(/=+$/, "");
      await on("cat > /run/needles", `${password}\n${encoded}\n`);
      const places = "/etc /opt /root /srv /var/lib/terrace /var/log /home /run/terrace /tmp /var/tmp";
      const planted = await on(
        `cp /run/needles /var/lib/terrace/planted; grep --recursive --files-with-matches --fixed-strings --file=/run/needles ${places} 2>/dev/null || true`,
      );
      assert.equal(planted, "/var/lib/terrace/planted");
      await on("rm /var/lib/terrace/planted");
      assert.equal(await on(`journalctl --quiet --no-pager --output=cat | grep --count --fixed-strings --file=/run/needles || true`), "0");
    });
  });
}
