// All units as one WebGL2 layer: one point sprite each, its form drawn in the fragment
// shader. Form = kind, colour = status, hollow = stale, ring = alarm or selected. Between
// two frames the graphics card moves them; this file only fills three buffers a second.

const FLOATS = 4; // from x, y, to x, y: Mercator, relative to the origin
const KINDS = { officer: 0, vehicle: 1, camera: 2, dock: 3, scanner: 4, drone: 5 };
const NOWHERE = [9, 9]; // outside every view: a unit that never told its place
const FAR = 2e-5; // in Mercator units, about 700 m: a jump, not a way

const VERTEX = `#version 300 es
precision highp float;
in vec4 a_way; in vec4 a_look;
uniform mat4 u_matrix; uniform float u_t, u_size;
out vec4 v_look; out float v_size;
void main() {
  gl_Position = u_matrix * vec4(mix(a_way.xy, a_way.zw, u_t), 0.0, 1.0);
  float ring = step(32.0, a_look.w);
  v_size = u_size * (1.0 + 0.25 * ring);
  gl_PointSize = v_size; v_look = a_look;
}`;
const FRAGMENT = `#version 300 es
precision highp float;
in vec4 v_look; in float v_size; out vec4 color;
uniform vec4 u_colors[4]; uniform vec4 u_edge, u_alarm, u_selected; uniform float u_phase;
float box(vec2 p, vec2 b) { vec2 d = abs(p) - b; return length(max(d, 0.0)) + min(max(d.x, d.y), 0.0); }
float arrow(vec2 p) {
  p.x = abs(p.x);
  float side = dot(p - vec2(0.0, -0.56), normalize(vec2(1.02, -0.44)) * vec2(1.0, 1.0));
  side = dot(p - vec2(0.0, -0.58), vec2(0.925, -0.38));
  float notch = dot(p - vec2(0.0, 0.26), vec2(-0.45, 0.893));
  return max(side, notch);
}
float form(int kind, vec2 p) {
  if (kind == 0) return length(p) - 0.36;
  if (kind == 1) return arrow(p);
  if (kind == 2) return box(p, vec2(0.26, 0.26)) - 0.06;
  if (kind == 3) return box(p - vec2(0.0, 0.02), vec2(0.34, 0.20)) - 0.04;
  if (kind == 4) { p = abs(p); return max(p.x * 0.866 + p.y * 0.5, p.y) - 0.36; }
  return (abs(p.x) + abs(p.y)) * 0.7071 - 0.34;
}
vec4 over(vec4 top, vec4 below) { return top + below * (1.0 - top.a); }
vec4 pre(vec4 c, float a) { return vec4(c.rgb, 1.0) * (c.a * a); }
void main() {
  vec2 p = (gl_PointCoord - 0.5) * 2.0;
  float px = 2.0 / v_size;
  int kind = int(v_look.x + 0.5), flags = int(v_look.w + 0.5);
  bool hollow = (flags & 1) != 0, busy = (flags & 2) != 0, alarm = (flags & 32) != 0, selected = (flags & 64) != 0;
  float shrink = (alarm || selected) ? 1.25 : 1.0;
  vec2 q = p * shrink;
  if (kind == 1) { float a = v_look.y * 0.024543693; q = mat2(cos(a), -sin(a), sin(a), cos(a)) * q; }
  float d = form(kind, q) / shrink;
  vec4 c = u_colors[int(v_look.z + 0.5)];
  float inside = 1.0 - smoothstep(-px * 0.5, px * 0.5, d);
  float halo = 1.0 - smoothstep(px * 0.9, px * 1.9, d);
  vec4 outc = pre(u_edge, halo * 0.95);
  if (hollow) {
    float core = 1.0 - smoothstep(-px * 0.5, px * 0.5, d + px * 1.7);
    outc = over(pre(c, inside), outc);
    outc = over(pre(u_edge, core), outc);
  } else {
    outc = over(pre(c, inside), outc);
    if (busy) outc = over(pre(u_edge, 1.0 - smoothstep(-px * 0.5, px * 0.5, length(q) - 0.13)), outc);
  }
  float r = length(p);
  if (selected) outc = over(pre(u_selected, 1.0 - smoothstep(px * 0.8, px * 1.6, abs(r - 0.80))), outc);
  if (alarm) {
    float beat = 0.5 + 0.5 * u_phase;
    outc = over(pre(u_alarm, (1.0 - smoothstep(px * 1.1, px * 2.0, abs(r - 0.64))) * (0.6 + 0.4 * beat)), outc);
  }
  if (outc.a < 0.01) discard;
  color = outc;
}`;

export const mercator = (lon, lat) => [
  (180 + lon) / 360,
  0.5 - Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) / (2 * Math.PI),
];

const rgba = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255).concat(1);

/** A custom layer over a fleet.
 * @param {import("../fleet.js").Fleet} fleet
 * @param {(row: number) => {kind: string, color: number, hollow: boolean, busy: boolean,
 *   alarm: boolean, selected: boolean}} lookOf color: 0 free, 1 busy, 2 off duty, 3 stale */
export class UnitsLayer {
  id = "units";
  type = "custom";
  renderingMode = "2d";

  constructor(fleet, lookOf, palette, periodMs) {
    this.fleet = fleet;
    this.lookOf = lookOf;
    this.palette = palette;
    this.periodMs = periodMs;
    this.glide = false;
    this.way = new Float32Array(0);
    this.looks = new Uint8Array(0);
    this.count = 0;
    this.marked = [];
    this.startMs = 0;
    this.origin = null;
  }

  onAdd(map, gl) {
    this.map = map;
    this.gl = gl;
    const renderer = gl.getExtension("WEBGL_debug_renderer_info");
    const name = renderer ? gl.getParameter(renderer.UNMASKED_RENDERER_WEBGL) : "";
    // Gliding repaints the map all the time: only where a graphics card does it for free.
    this.glide = !/swiftshader|llvmpipe|software|basic render/i.test(name) &&
      !matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.program = link(gl);
    this.at = (name) => gl.getUniformLocation(this.program, name);
    this.wayBuffer = gl.createBuffer();
    this.lookBuffer = gl.createBuffer();
    this.array = gl.createVertexArray();
    gl.bindVertexArray(this.array);
    const attribute = (name, buffer, type) => {
      const place = gl.getAttribLocation(this.program, name);
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      gl.enableVertexAttribArray(place);
      gl.vertexAttribPointer(place, 4, type, false, 0, 0);
    };
    attribute("a_way", this.wayBuffer, gl.FLOAT);
    attribute("a_look", this.lookBuffer, gl.UNSIGNED_BYTE);
    gl.bindVertexArray(null);
    this.refresh(true);
  }

  #share(nowMs) {
    return this.glide ? Math.min(1, (nowMs - this.startMs) / this.periodMs) : 1;
  }

  /** Take positions and looks from the fleet. `still`: without gliding there. */
  refresh(still = false) {
    const { fleet } = this;
    const now = performance.now();
    if (!this.origin) this.origin = mercator(this.map.getCenter().lng, this.map.getCenter().lat);
    if (this.way.length < fleet.count * FLOATS) {
      const way = new Float32Array(fleet.no.length * FLOATS);
      way.set(this.way);
      this.way = way;
      this.looks = new Uint8Array(fleet.no.length * 4);
    }
    const share = this.#share(now);
    this.marked = [];
    for (let row = 0; row < fleet.count; row++) this.#place(row, share, still || row >= this.count);
    this.count = fleet.count;
    this.startMs = now;
    this.#upload(this.wayBuffer, this.way.subarray(0, this.count * FLOATS));
    this.#upload(this.lookBuffer, this.looks.subarray(0, this.count * 4));
    this.map.triggerRepaint();
  }

  #place(row, share, still) {
    const { fleet, way } = this;
    const i = row * FLOATS;
    const known = fleet.lon[row] === fleet.lon[row];
    const [mx, my] = known ? mercator(fleet.lon[row], fleet.lat[row]) : NOWHERE;
    const x = mx - this.origin[0], y = my - this.origin[1];
    const nowX = way[i] + (way[i + 2] - way[i]) * share;
    const nowY = way[i + 1] + (way[i + 3] - way[i + 1]) * share;
    const jump = still || Math.abs(nowX - x) > FAR || Math.abs(nowY - y) > FAR;
    way[i] = jump ? x : nowX;
    way[i + 1] = jump ? y : nowY;
    way[i + 2] = x;
    way[i + 3] = y;
    this.#dress(row);
  }

  #dress(row) {
    const look = this.lookOf(row);
    const j = row * 4;
    this.looks[j] = KINDS[look.kind] ?? 0;
    this.looks[j + 1] = this.fleet.crs[row];
    this.looks[j + 2] = look.color;
    this.looks[j + 3] = (look.hollow ? 1 : 0) | (look.busy ? 2 : 0) | (look.alarm ? 32 : 0) | (look.selected ? 64 : 0);
    if (look.alarm || look.selected) this.marked.push(row);
  }

  /** Take looks alone: somebody selected, assigned or alarmed a unit. Nobody moves. */
  relook() {
    this.marked = [];
    for (let row = 0; row < this.count; row++) this.#dress(row);
    this.#upload(this.lookBuffer, this.looks.subarray(0, this.count * 4));
    this.map.triggerRepaint();
  }

  #upload(buffer, data) {
    const { gl } = this;
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ARRAY_BUFFER, data, gl.DYNAMIC_DRAW);
    gl.bindBuffer(gl.ARRAY_BUFFER, null);
  }

  /** How large a unit is drawn, in CSS pixels: smaller where thousands share a view. */
  size(zoom) {
    const crowd = zoom < 13.5 ? Math.max(0.62, Math.min(1, 1.08 - this.count / 18_000)) : 1;
    return Math.max(11, Math.min(34, 13 + (zoom - 11) * 4.4) * crowd);
  }

  render(gl, args) {
    if (!this.count) return;
    const share = this.#share(performance.now());
    gl.useProgram(this.program);
    gl.uniformMatrix4fv(this.at("u_matrix"), false, shifted(args.defaultProjectionData.mainMatrix, this.origin));
    gl.uniform1f(this.at("u_t"), share);
    const zoom = this.map.getZoom();
    gl.uniform1f(this.at("u_size"), this.size(zoom) * devicePixelRatio);
    const p = this.palette;
    gl.uniform4fv(this.at("u_colors"), [p.unit, p.unitBusy, p.unitOff, p.unitStale].flatMap(rgba));
    gl.uniform4fv(this.at("u_edge"), rgba(p.edge));
    gl.uniform4fv(this.at("u_alarm"), rgba(p.alarm));
    gl.uniform4fv(this.at("u_selected"), rgba(p.selected));
    gl.uniform1f(this.at("u_phase"), this.glide ? Math.sin(performance.now() / 300) : 1);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.disable(gl.DEPTH_TEST);
    gl.disable(gl.STENCIL_TEST);
    gl.bindVertexArray(this.array);
    gl.drawArrays(gl.POINTS, 0, this.count);
    for (const row of this.marked) gl.drawArrays(gl.POINTS, row, 1); // again, above the others
    gl.bindVertexArray(null);
    if (this.glide && share < 1) setTimeout(() => this.map.triggerRepaint(), 40);
  }

  /** Where a unit is drawn at this moment, [lon, lat], or null. */
  place(no) {
    const row = this.fleet.rows.get(no);
    if (row === undefined || row >= this.count || !this.fleet.placed(no)) return null;
    const i = row * FLOATS;
    const share = this.#share(performance.now());
    const x = this.origin[0] + this.way[i] + (this.way[i + 2] - this.way[i]) * share;
    const y = this.origin[1] + this.way[i + 1] + (this.way[i + 3] - this.way[i + 1]) * share;
    return [x * 360 - 180, (Math.atan(Math.exp((0.5 - y) * 2 * Math.PI)) * 360) / Math.PI - 90];
  }

  /** The unit nearest to a place on the screen, within `reach` pixels; a row or -1. */
  pick(point, reach = 14) {
    const { fleet } = this;
    let best = -1;
    let nearest = reach * reach;
    const bounds = this.map.getBounds();
    for (let row = 0; row < fleet.count; row++) {
      const lon = fleet.lon[row], lat = fleet.lat[row];
      if (!(lon >= bounds.getWest() && lon <= bounds.getEast() && lat >= bounds.getSouth() && lat <= bounds.getNorth())) continue;
      const at = this.map.project([lon, lat]);
      const far = (at.x - point.x) ** 2 + (at.y - point.y) ** 2;
      if (far < nearest) { nearest = far; best = row; }
    }
    return best;
  }
}

function link(gl) {
  const program = gl.createProgram();
  for (const [type, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
    const shader = gl.createShader(type);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) {
    const logs = gl.getAttachedShaders(program).map((shader) => gl.getShaderInfoLog(shader));
    throw new Error(`units layer: ${gl.getProgramInfoLog(program)} ${logs.join(" ")}`);
  }
  return program;
}

/** A column-major matrix with the origin moved into it, in double precision. */
function shifted(m, [x, y]) {
  const out = new Float32Array(16);
  for (let i = 0; i < 16; i++) out[i] = m[i];
  for (let i = 0; i < 4; i++) out[12 + i] = m[i] * x + m[4 + i] * y + m[12 + i];
  return out;
}
