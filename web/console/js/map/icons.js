// Signs drawn once on a canvas: verdicts of points and pins of tasks. Each has a form of its
// own besides its colour.

const SIDE = 44; // drawn at twice the size it is shown in

function draw(paint) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  const ctx = canvas.getContext("2d", { willReadFrequently: true });
  ctx.lineCap = ctx.lineJoin = "round";
  paint(ctx);
  return ctx.getImageData(0, 0, SIDE, SIDE);
}

function strokes(ctx, color, width, ...paths) {
  ctx.strokeStyle = color;
  ctx.lineWidth = width;
  for (const path of paths) {
    ctx.beginPath();
    path.forEach(([x, y], i) => (i ? ctx.lineTo(x, y) : ctx.moveTo(x, y)));
    ctx.stroke();
  }
}

function disc(ctx, fill, edge, r = 13) {
  ctx.beginPath();
  ctx.arc(22, 22, r, 0, Math.PI * 2);
  ctx.fillStyle = edge;
  ctx.lineWidth = 5;
  ctx.strokeStyle = edge;
  ctx.stroke();
  ctx.fillStyle = fill;
  ctx.fill();
}

function ring(ctx, color, edge, r, width, dash = []) {
  disc(ctx, edge, edge, r);
  ctx.setLineDash(dash);
  ctx.strokeStyle = color;
  ctx.lineWidth = width;
  ctx.beginPath();
  ctx.arc(22, 22, r - 1, 0, Math.PI * 2);
  ctx.stroke();
  ctx.setLineDash([]);
}

function square(ctx, fill, edge) {
  ctx.fillStyle = edge;
  ctx.fillRect(7, 7, 30, 30);
  ctx.fillStyle = fill;
  ctx.fillRect(9.5, 9.5, 25, 25);
}

function triangle(ctx, fill, edge) {
  ctx.beginPath();
  ctx.moveTo(22, 6);
  ctx.lineTo(39, 36);
  ctx.lineTo(5, 36);
  ctx.closePath();
  ctx.lineWidth = 5;
  ctx.strokeStyle = edge;
  ctx.stroke();
  ctx.fillStyle = fill;
  ctx.fill();
}

function hatched(ctx, color, edge) {
  disc(ctx, edge, edge);
  ctx.save();
  ctx.beginPath();
  ctx.arc(22, 22, 12, 0, Math.PI * 2);
  ctx.clip();
  strokes(ctx, color, 3.4, ...[-14, -5, 4, 13, 22].map((d) => [[d + 4, 36], [d + 32, 8]]));
  ctx.restore();
  ctx.strokeStyle = color;
  ctx.lineWidth = 3;
  ctx.beginPath();
  ctx.arc(22, 22, 12, 0, Math.PI * 2);
  ctx.stroke();
}

const LOOKS = {
  on_time: (x, c, e) => { disc(x, c, e); strokes(x, e, 3.6, [[16, 22.5], [20.5, 27], [28.5, 17.5]]); },
  early: (x, c, e) => { disc(x, c, e); strokes(x, e, 3.6, [[26, 16], [19, 22], [26, 28]]); },
  late: (x, c, e) => { disc(x, c, e); strokes(x, e, 3.6, [[22, 15], [22, 22.5], [27.5, 25.5]]); },
  open: (x, c, e) => ring(x, c, e, 13, 4.5),
  due: (x, c, e) => ring(x, c, e, 13, 4.5, [5, 6]),
  missed: (x, c, e) => { square(x, c, e); strokes(x, e, 4, [[16.5, 16.5], [27.5, 27.5]], [[27.5, 16.5], [16.5, 27.5]]); },
  undeterminable: hatched,
  excused: (x, c, e) => { disc(x, c, e, 11); strokes(x, e, 3.4, [[16, 22], [28, 22]]); },
  scheduled: (x, c, e) => ring(x, c, e, 9, 3.2),
  out_of_place: (x, c, e) => { square(x, c, e); strokes(x, e, 3.6, [[14, 22], [29, 22]], [[23.5, 16], [30, 22], [23.5, 28]]); },
  suspect: (x, c, e) => { triangle(x, c, e); strokes(x, e, 3.8, [[22, 17], [22, 25]], [[22, 30], [22, 30.5]]); },
  too_short: (x, c, e) => { disc(x, c, e); strokes(x, e, 3.2, [[15, 15.5], [29, 15.5], [22, 22], [29, 28.5], [15, 28.5], [22, 22], [15, 15.5]]); },
  out_of_order: (x, c, e) => { disc(x, c, e); strokes(x, e, 3.2, [[18, 29], [18, 15], [14.5, 18.5]], [[26, 15], [26, 29], [29.5, 25.5]]); },
  makeup: (x, c, e) => { ring(x, c, e, 13, 4.5); strokes(x, c, 3.2, [[17, 22.5], [21, 26.5], [27.5, 18.5]]); },
  pending_offline: (x, c, e) => { ring(x, c, e, 13, 3.4, [4, 4]); strokes(x, c, 3.4, [[22, 29], [22, 16]], [[17, 20.5], [22, 15.5], [27, 20.5]]); },
};

function pin(ctx, fill, edge, priority) {
  ctx.beginPath();
  ctx.moveTo(22, 41);
  ctx.bezierCurveTo(10, 29, 7.500, 24, 7.500, 17.500);
  ctx.arc(22, 17.500, 14.500, Math.PI, 0);
  ctx.bezierCurveTo(36.500, 24, 34, 29, 22, 41);
  ctx.closePath();
  ctx.fillStyle = fill;
  ctx.strokeStyle = edge;
  ctx.lineWidth = 3.5;
  ctx.stroke();
  ctx.fill();
  ctx.fillStyle = edge;
  ctx.font = "700 20px sans-serif";
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillText(String(priority), 22, 18.500);
}

/** Every sign of a palette, by name. @returns {Record<string, ImageData>} */
export function signs(palette) {
  const out = {};
  for (const [look, paint] of Object.entries(LOOKS)) {
    out[`look-${look}`] = draw((ctx) => paint(ctx, palette.look[look], palette.edge));
  }
  for (const priority of [1, 2, 3, 4]) {
    out[`task-${priority}`] = draw((ctx) => pin(ctx, palette.task, palette.edge, priority));
    out[`task-${priority}-open`] = draw((ctx) => pin(ctx, palette.taskOpen, palette.edge, priority));
  }
  return out;
}
