// One panel: its frame, its kind, and what stands there when there is nothing.
import { type ReactNode } from 'react';
import { dateTimeFormat, getDisplayValueAlignmentFactors, getFieldDisplayName, reduceField } from '@grafana/data';
import { BigValue, PanelChrome, Table, VizRepeater } from '@grafana/ui';
import { answerTo, type Context, type Mark, seriesFrames, tableFrame, tracesFrame } from './data';
import { Graph, Heatmap } from './graph';

interface Props {
  panel: any;
  context: Context;
  marks: Mark[];
  width: number;
  height: number;
}

export function PanelOf(props: Props) {
  const { panel, width, height } = props;
  // Logs and tables bring their own space.
  const padding = panel.type === 'table' ? 'none' : 'md';
  return (
    <PanelChrome title={panel.title} description={panel.description} width={width} height={height} padding={padding}>
      {(innerWidth, innerHeight) => <Inside {...props} width={innerWidth} height={innerHeight} />}
    </PanelChrome>
  );
}

function Inside(props: Props): ReactNode {
  const kinds: Record<string, (props: Props) => ReactNode> = { heatmap: Heatmap, logs: Logs, stat: Stats, table: Rows, timeseries: Graph };
  const kind = kinds[props.panel.type];
  if (!kind) {
    throw new Error(`panels of the kind ${props.panel.type} are not drawn`);
  }
  return kind === Graph || kind === Heatmap ? <div data-kind={props.panel.type}>{isEmpty(props) ? <Nothing {...props} /> : kind(props)}</div>
    : isEmpty(props) ? <Nothing {...props} /> : kind(props);
}

function isEmpty({ panel, context }: Props): boolean {
  return panel.targets.every((target: any) => {
    const answer = answerTo(context.answers, target);
    return (answer.result ?? answer.traces).length === 0;
  });
}

function Nothing({ panel, context, width, height }: Props) {
  const text = panel.fieldConfig?.defaults.noValue ?? 'No data';
  const isExpected = text.startsWith('Nothing');
  if (panel.type === 'stat') {
    const value = { text, numeric: NaN, color: context.theme.colors.text.secondary };
    return <div data-empty={isExpected ? 'expected' : 'unexpected'}><BigValue value={value} width={width} height={height} count={1} theme={context.theme} colorMode={'value' as any} graphMode={'none' as any} /></div>;
  }
  return (
    <div
      data-empty={isExpected ? 'expected' : 'unexpected'}
      style={{ width, height, display: 'flex', alignItems: 'center', justifyContent: 'center', textAlign: 'center', color: context.theme.colors.text.secondary, fontSize: 14, padding: 8 }}
    >
      {text}
    </div>
  );
}

function Stats({ panel, context, width, height }: Props) {
  const frames = seriesFrames(panel, context);
  const calc = panel.options.reduceOptions.calcs[0];
  const values = frames.map((frame) => {
    const field = frame.fields[1];
    const shown = field.display!(reduceField({ field, reducers: [calc] })[calc]);
    return { ...shown, title: getFieldDisplayName(field, frame, frames) };
  });
  const alignmentFactors = getDisplayValueAlignmentFactors(values.map((display) => ({ display }) as any));
  const sparkline = (index: number) => (panel.options.graphMode === 'none' ? undefined : { y: frames[index].fields[1], x: frames[index].fields[0] });
  return (
    <VizRepeater
      source={values}
      getValues={() => values}
      orientation={panel.options.orientation}
      width={width}
      height={height}
      itemSpacing={3}
      renderCounter={0}
      autoGrid
      renderValue={({ value, width, height, count }: any) => (
        <BigValue
          value={count === 1 && panel.options.textMode === 'auto' ? { ...value, title: '' } : value}
          width={width}
          height={height}
          count={count}
          theme={context.theme}
          colorMode={panel.options.colorMode}
          graphMode={panel.options.graphMode}
          justifyMode={panel.options.justifyMode}
          textMode={panel.options.textMode}
          disableWideLayout={!panel.options.wideLayout}
          alignmentFactors={alignmentFactors}
          sparkline={sparkline(values.indexOf(value))}
        />
      )}
    />
  );
}

function Rows({ panel, context, width, height }: Props) {
  const frame = panel.datasource.type === 'jaeger' ? tracesFrame(panel, context) : tableFrame(panel, context);
  return <Table data={frame} width={width} height={height} cellHeight={panel.options.cellHeight} noHeader={!panel.options.showHeader} />;
}

const LEVEL_COLORS: Record<string, string> = { critical: 'purple', debug: 'blue', error: 'red', info: 'green', trace: 'light-blue', warn: 'yellow', warning: 'yellow' };

// @grafana/ui has no list of log records any more: this is how Grafana's own looks.
function Logs({ panel, context, width, height }: Props) {
  const { theme, timeZone } = context;
  const streams = panel.targets.flatMap((target: any) => answerTo(context.answers, target).result);
  const lines = streams.flatMap(({ stream, values }: any) => values.map(([at, line]: any) => ({ at: Number(at) / 1e6, line, stream })));
  lines.sort((a: any, b: any) => b.at - a.at);
  return (
    <div style={{ width, height, overflow: 'hidden', fontFamily: theme.typography.fontFamilyMonospace, fontSize: 12 }}>
      {lines.slice(0, Math.floor(height / 20)).map(({ at, line, stream }: any, index: number) => (
        <div key={index} style={{ display: 'flex', gap: 10, height: 20, whiteSpace: 'nowrap' }}>
          <span style={{ width: 3, margin: '2px 0', background: theme.visualization.getColorByName(LEVEL_COLORS[stream.detected_level] ?? 'gray') }} />
          {panel.options.showTime && <span style={{ color: theme.colors.text.secondary }}>{dateTimeFormat(at, { timeZone, format: 'YYYY-MM-DD HH:mm:ss.SSS' })}</span>}
          {panel.options.showLabels && <span>{stream.service_name}</span>}
          <span>{line}</span>
        </div>
      ))}
    </div>
  );
}
