// Live positions as columns. Nothing here knows the page: bytes in, typed arrays out.
// The frame's layout is described in docs/live-frames.md.

const MAGIC = 0x314c5057; // "WPL1"
const HEADER_BYTES = 32;
const FULL = 1;
const AGE_UNKNOWN_S = 65535;
const NOWHERE = -2147483648; // a unit that never told where it is; NaN from here on

export const LINKS = ["never", "online", "stale", "silent"];
export const STATES = [
  "unknown", "online", "offline", "on_duty", "off_duty", "break", "off",
  "standby", "recording", "prebuffer", "fault", "lost", "busy",
];

/**
 * @typedef {object} Frame
 * @property {number} epoch
 * @property {number} seq
 * @property {number} serverMs when the server made it, ms since 1970
 * @property {boolean} full everything not in it is to be forgotten
 * @property {number} count
 * @property {Uint32Array} no
 * @property {Int32Array} lon 1e-7 degrees
 * @property {Int32Array} lat 1e-7 degrees
 * @property {Uint16Array} age whole seconds at serverMs
 * @property {Uint8Array} spd half metres per second, 255 unknown
 * @property {Uint8Array} crs 360/256 degrees
 * @property {Uint8Array} link index into LINKS
 * @property {Uint8Array} state index into STATES
 */

/** Decode one frame without copying. Throws on anything that is not one.
 * @param {ArrayBuffer} bytes @returns {Frame} */
export function decode(bytes) {
  const view = new DataView(bytes);
  if (bytes.byteLength < HEADER_BYTES || view.getUint32(0, true) !== MAGIC) {
    throw new Error("not a live frame");
  }
  const count = view.getUint32(12, true);
  if (bytes.byteLength < HEADER_BYTES + count * 18) throw new Error("live frame cut short");
  let at = HEADER_BYTES;
  const column = (Type) => {
    const array = new Type(bytes, at, count);
    at += array.byteLength;
    return array;
  };
  return {
    epoch: view.getUint32(4, true),
    seq: view.getUint32(8, true),
    count,
    serverMs: view.getFloat64(16, true),
    full: (view.getUint32(24, true) & FULL) !== 0,
    no: column(Uint32Array), lon: column(Int32Array), lat: column(Int32Array),
    age: column(Uint16Array), spd: column(Uint8Array), crs: column(Uint8Array),
    link: column(Uint8Array), state: column(Uint8Array),
  };
}

/** Every unit with a position, by row. Rows are never reused within a session. */
export class Fleet {
  constructor() {
    this.count = 0;
    this.rows = new Map(); // device number -> row
    this.version = 0; // grows with every change
    this.#grow(1024);
  }

  #grow(size) {
    const keep = (old, Type) => {
      const next = new Type(size);
      if (old) next.set(old.subarray(0, this.count));
      return next;
    };
    this.no = keep(this.no, Uint32Array);
    this.lon = keep(this.lon, Float64Array); // degrees
    this.lat = keep(this.lat, Float64Array);
    this.seenMs = keep(this.seenMs, Float64Array); // when observed, server clock; 0 unknown
    this.spd = keep(this.spd, Uint8Array);
    this.crs = keep(this.crs, Uint8Array);
    this.link = keep(this.link, Uint8Array);
    this.state = keep(this.state, Uint8Array);
    this.moved = keep(this.moved, Uint32Array); // version of the row's last change
  }

  clear() {
    this.count = 0;
    this.rows.clear();
    this.version += 1;
  }

  #row(no) {
    let row = this.rows.get(no);
    if (row === undefined) {
      if (this.count === this.no.length) this.#grow(this.count * 2);
      row = this.count++;
      this.rows.set(no, row);
      this.no[row] = no;
    }
    return row;
  }

  /** @param {Frame} frame */
  apply(frame) {
    if (frame.full) this.clear();
    this.version += 1;
    for (let i = 0; i < frame.count; i++) {
      const row = this.#row(frame.no[i]);
      this.lon[row] = frame.lon[i] === NOWHERE ? NaN : frame.lon[i] / 1e7;
      this.lat[row] = frame.lat[i] === NOWHERE ? NaN : frame.lat[i] / 1e7;
      const age = frame.age[i];
      this.seenMs[row] = age === AGE_UNKNOWN_S ? 0 : frame.serverMs - age * 1000;
      this.spd[row] = frame.spd[i];
      this.crs[row] = frame.crs[i];
      this.link[row] = frame.link[i];
      this.state[row] = frame.state[i];
      this.moved[row] = this.version;
    }
  }

  /** Take a picture of the past instead: units as `GET /api/v1/picture` has them. */
  load(units, atMs) {
    this.clear();
    this.version += 1;
    for (const unit of units) {
      const row = this.#row(unit.no);
      this.lon[row] = unit.lon === null ? NaN : unit.lon;
      this.lat[row] = unit.lat === null ? NaN : unit.lat;
      this.seenMs[row] = unit.age_s === null ? 0 : atMs - unit.age_s * 1000;
      this.spd[row] = unit.spd_mps === null ? 255 : Math.min(254, Math.round(unit.spd_mps * 2));
      this.crs[row] = unit.crs_deg === null ? 0 : Math.round((unit.crs_deg * 256) / 360) & 255;
      this.link[row] = LINKS.indexOf(unit.observed_at === null ? "never" : unit.stale ? "stale" : "online");
      this.state[row] = Math.max(0, STATES.indexOf(unit.state));
      this.moved[row] = this.version;
    }
  }

  /** Whether a unit's place is known. */
  placed(no) {
    const row = this.rows.get(no);
    return row !== undefined && this.lon[row] === this.lon[row];
  }

  /** What is known of one unit now, or null. */
  at(no) {
    const row = this.rows.get(no);
    if (row === undefined) return null;
    return {
      lon: this.lon[row], lat: this.lat[row], seenMs: this.seenMs[row],
      spd_mps: this.spd[row] === 255 ? null : this.spd[row] / 2,
      crs_deg: (this.crs[row] * 360) / 256,
      link: LINKS[this.link[row]], state: STATES[this.state[row]],
    };
  }
}
