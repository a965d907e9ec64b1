// Time series and heat maps, by the components and the plot of @grafana/ui.
import { useLayoutEffect } from 'react';
import uPlot from 'uplot';
import { formattedValueToString, getValueFormat } from '@grafana/data';
import { AxisPlacement, ScaleDirection, ScaleDistribution, ScaleOrientation } from '@grafana/schema';
import { TimeSeries, UPlotChart, UPlotConfigBuilder } from '@grafana/ui';
import { answerTo, type Context, type Exemplar, exemplars, type Mark, seriesFrames } from './data';

interface Size {
  width: number;
  height: number;
}

export function Graph({ panel, context, marks, width, height }: { panel: any; context: Context; marks: Mark[] } & Size) {
  const frames = seriesFrames(panel, context);
  if (frames.length === 0) {
    return null;
  }
  return (
    <TimeSeries
      frames={frames}
      structureRev={1}
      timeRange={timeRange(context)}
      timeZone={[context.timeZone]}
      width={width}
      height={height}
      legend={panel.options.legend}
      options={panel.options}
    >
      {(builder) => <Overlay builder={builder} marks={marks} points={exemplars(panel, context)} context={context} />}
    </TimeSeries>
  );
}

function timeRange({ answers }: Context): any {
  const at = (time: number) => ({ valueOf: () => time, toString: () => String(time) });
  return { from: at(answers.from), to: at(answers.to), raw: { from: 'now', to: 'now' } };
}

interface OverlayProps {
  builder: UPlotConfigBuilder;
  marks: Mark[];
  points: Exemplar[];
  context: Context;
  place?: (u: uPlot, value: number) => number;
}

function Overlay({ builder, marks, points, context, place }: OverlayProps) {
  useLayoutEffect(() => {
    builder.addHook('draw', (u: uPlot) => {
      const { ctx, bbox } = u;
      ctx.save();
      ctx.beginPath();
      ctx.rect(bbox.left, bbox.top - 2, bbox.width, bbox.height + 8);
      ctx.clip();
      for (const mark of marks) {
        const color = context.theme.visualization.getColorByName(mark.color);
        const [from, to] = [mark.from, mark.to].map((time) => u.valToPos(time, 'x', true));
        ctx.strokeStyle = color;
        ctx.fillStyle = color;
        ctx.lineWidth = 1;
        ctx.setLineDash([4, 4]);
        for (const x of new Set([from, to])) {
          ctx.beginPath();
          ctx.moveTo(x, bbox.top);
          ctx.lineTo(x, bbox.top + bbox.height);
          ctx.stroke();
        }
        ctx.globalAlpha = 0.1;
        ctx.fillRect(from, bbox.top, Math.max(0, to - from), bbox.height);
        ctx.globalAlpha = 1;
        ctx.fillRect(from - 3, bbox.top + bbox.height, Math.max(6, to - from), 5);
      }
      ctx.setLineDash([]);
      ctx.fillStyle = context.theme.isDark ? 'rgb(110, 160, 255)' : 'rgb(50, 90, 220)';
      for (const { at, value } of points) {
        const x = u.valToPos(at, 'x', true);
        const y = place ? place(u, value) : u.valToPos(value, yScale(u), true);
        ctx.beginPath();
        ctx.moveTo(x, y - 3.5);
        ctx.lineTo(x + 3.5, y);
        ctx.lineTo(x, y + 3.5);
        ctx.lineTo(x - 3.5, y);
        ctx.fill();
      }
      ctx.restore();
    });
  }, [builder]);
  return null;
}

function yScale(u: uPlot): string {
  return Object.keys(u.scales).find((key) => key !== 'x')!;
}

/** A row for each bucket, from the lowest bound up; what is in the lower ones is taken off. */
function buckets(panel: any, context: Context) {
  const series = panel.targets.flatMap((target: any) => answerTo(context.answers, target).result);
  const bound = (one: any) => Number(one.metric.le.replace('+Inf', 'Infinity'));
  series.sort((a: any, b: any) => bound(a) - bound(b));
  const times = [...new Set<number>(series.flatMap((one: any) => one.values.map(([at]: any) => at)))].sort((a, b) => a - b);
  const counts = series.map((one: any) => {
    const byTime = new Map<number, number>(one.values.map(([at, text]: any) => [at, Number(text)]));
    return times.map((at) => byTime.get(at) ?? 0);
  });
  const cells = counts.map((row: number[], index: number) => row.map((count, at) => Math.max(0, count - (counts[index - 1]?.[at] ?? 0))));
  return { bounds: series.map(bound) as number[], times: times.map((at) => at * 1000), cells: cells as number[][] };
}

export function Heatmap({ panel, context, marks, width, height }: { panel: any; context: Context; marks: Mark[] } & Size) {
  const { bounds, times, cells } = buckets(panel, context);
  if (times.length === 0) {
    return null;
  }
  const { theme } = context;
  const { color, legend, yAxis, cellGap = 1 } = panel.options;
  const format = getValueFormat(yAxis.unit ?? 'short');
  const label = (value: number) => (value === Infinity ? '+Inf' : formattedValueToString(format(value)));
  const largest = Math.max(...cells.flat());
  // Columns of at least six pixels, as Grafana thins out.
  const columns = Math.max(1, Math.ceil(times.length / Math.floor((width - 70) / 8)));
  const colors = palette(color.scheme, theme.isDark);
  const legendHeight = legend.show ? 34 : 0;

  const builder = new UPlotConfigBuilder(context.timeZone);
  builder.addScale({
    scaleKey: 'x',
    isTime: true,
    orientation: ScaleOrientation.Horizontal,
    direction: ScaleDirection.Right,
    range: () => [context.answers.from, context.answers.to],
  });
  builder.addAxis({ scaleKey: 'x', isTime: true, placement: AxisPlacement.Bottom, theme, timeZone: context.timeZone });
  builder.addScale({
    scaleKey: 'y',
    distribution: ScaleDistribution.Linear,
    orientation: ScaleOrientation.Vertical,
    direction: ScaleDirection.Up,
    range: () => [0, bounds.length],
  });
  const every = Math.ceil(bounds.length / Math.max(2, Math.floor((height - legendHeight) / 22)));
  const splits = bounds.map((_, index) => index + 1).filter((row) => (bounds.length - row) % every === 0);
  builder.addAxis({
    scaleKey: 'y',
    placement: AxisPlacement.Left,
    theme,
    splits,
    values: splits.map((row) => label(bounds[row - 1])) as any,
    grid: { show: false },
  });
  builder.addHook('drawClear', (u: uPlot) => {
    for (let at = 0; at < times.length; at += columns) {
      const left = u.valToPos(times[at], 'x', true);
      const right = u.valToPos(times[at] + columns * context.answers.stepSeconds * 1000, 'x', true);
      cells.forEach((row, index) => {
        const part = row.slice(at, at + columns);
        const count = part.reduce((sum, one) => sum + one, 0) / part.length;
        if (count > 0) {
          const bottom = u.valToPos(index, 'y', true);
          const top = u.valToPos(index + 1, 'y', true);
          u.ctx.fillStyle = colors(Math.pow(count / largest, color.exponent ?? 0.5));
          u.ctx.fillRect(left, top, right - left - cellGap, bottom - top - cellGap);
        }
      });
    }
  });
  builder.addSeries({ scaleKey: 'y', theme, pathBuilder: () => null, pointsBuilder: () => null, show: true } as any);
  const row = (value: number) => {
    const index = bounds.findIndex((bound) => value <= bound);
    const lower = bounds[index - 1] ?? 0;
    const upper = bounds[index] === Infinity ? lower * 2 : bounds[index];
    return index + Math.min(1, (value - lower) / (upper - lower));
  };
  const points = exemplars(panel, context);
  const data: any = [times, times.map(() => null)];
  return (
    <div>
      <UPlotChart config={builder} data={data} width={width} height={height - legendHeight}>
        <Overlay builder={builder} marks={marks} points={points} context={context} place={(u, value) => u.valToPos(row(value), 'y', true)} />
      </UPlotChart>
      {legend.show && (
        <div style={{ display: 'flex', gap: 8, alignItems: 'center', fontSize: 12, padding: '6px 12px', color: theme.colors.text.secondary }}>
          <span>0</span>
          <div style={{ width: 160, height: 8, background: `linear-gradient(to right, ${[0.05, 0.25, 0.5, 0.75, 1].map(colors).join(', ')})` }} />
          <span>{formattedValueToString(getValueFormat('short')(largest))}</span>
        </div>
      )}
    </div>
  );
}

// Towards the background where there is little.
function palette(scheme: string, isDark: boolean): (share: number) => string {
  const ends = PALETTES[scheme];
  if (!ends) {
    throw new Error(`the color scheme ${scheme} is not drawn`);
  }
  const [few, many] = isDark ? [ends[1], ends[0]] : ends;
  return (share) => `rgb(${few.map((low, index) => Math.round(low + (many[index] - low) * share)).join(', ')})`;
}

// First and last color of d3's scales, which Grafana uses.
const PALETTES: Record<string, [number[], number[]]> = {
  Oranges: [[254, 230, 206], [127, 39, 4]],
};
