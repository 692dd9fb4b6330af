import assert from "node:assert/strict";
import fc from "fast-check";
import { machineAddresses, serverPlaces, slotCount, slotOf } from "../../../sandbox/slot.ts";

describe("slot", () => {
  it("derives everything from its number", () => {
    const slot = slotOf(3);
    assert.equal(slot.bridge, "terrace3");
    assert.deepEqual(slot.subnet, { ipv4: "198.18.19.0/24", ipv6: "2001:db8:7e:3::/64" });
    assert.deepEqual(
      machineAddresses(slot).map(({ ipv4, ipv6 }) => `${ipv4} ${ipv6}`),
      [1, 2, 3, 4, 5].map((part) => `198.18.19.${part} 2001:db8:7e:3::${part}`),
    );
    assert.equal(slot.edgeLoopback, "127.77.3.5");
    assert.match(slot.caCertificate, /\/slot-3\/ca\/ca\.crt$/);
  });

  it("shares nothing with another slot", () => {
    const values = Array.from({ length: slotCount }, (_, number) => {
      const { bridge, subnet, edgeLoopback, controlGroup, directory } = slotOf(number);
      return [bridge, subnet.ipv4, subnet.ipv6, edgeLoopback, controlGroup, directory];
    }).flat();
    assert.equal(new Set(values).size, values.length);
  });

  for (const number of [-1, 8, 1.5, Number.NaN]) {
    it(`refuses ${number}`, () =>
      assert.throws(() => slotOf(number), { name: "RangeError", message: `slot: must be a whole number from 0 to 7, got ${number}` }));
  }
});

describe("server places", () => {
  const slot = slotOf(0);

  it("has fixed addresses for the environments, whatever their order, and the next ones for others", () => {
    const places = serverPlaces(slot, ["prod", "lab", "staging", "second"]);
    assert.deepEqual(
      places.map(({ name, address, machine, hostName }) => [name, address.ipv4, address.ipv6, machine, hostName]),
      [
        ["prod", "198.18.16.13", "2001:db8:7e:0::13", "terrace0-prod", "prod.servers.terrace.test"],
        ["lab", "198.18.16.14", "2001:db8:7e:0::14", "terrace0-lab", "lab.servers.terrace.test"],
        ["staging", "198.18.16.11", "2001:db8:7e:0::11", "terrace0-staging", "staging.servers.terrace.test"],
        ["second", "198.18.16.15", "2001:db8:7e:0::15", "terrace0-second", "second.servers.terrace.test"],
      ],
    );
  });

  it("is not misled by names that every object has", () => {
    assert.equal(serverPlaces(slot, ["constructor"])[0]?.address.ipv4, "198.18.16.14");
  });

  it("keeps the address of a server when others are added after it", () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9]{0,9}$/);
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 6 }), fc.uniqueArray(name, { maxLength: 6 }), (first, more) => {
        const all = [...first, ...more.filter((each) => !first.includes(each))];
        assert.deepEqual(serverPlaces(slot, all).slice(0, first.length), serverPlaces(slot, first));
        assert.equal(new Set(serverPlaces(slot, all).map((place) => place.address.ipv4)).size, all.length);
      }),
    );
  });

  for (const name of ["", "Staging", "a_b", "-a", "a-", "1a", "a.b", "x".repeat(21), "../x"]) {
    it(`refuses the name "${name}"`, () => assert.throws(() => serverPlaces(slot, [name]), /name must be a DNS label/));
  }

  it("refuses a name that is listed twice", () => assert.throws(() => serverPlaces(slot, ["lab", "lab"]), /"lab" is listed twice/));
});
