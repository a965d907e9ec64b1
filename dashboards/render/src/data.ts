// From what a store answered to the frames that Grafana's components draw.
import { type DataFrame, type Field, FieldType, getDisplayProcessor, type GrafanaTheme2 } from '@grafana/data';

export interface Answers {
  from: number;
  to: number;
  stepSeconds: number;
  variables: Record<string, string[]>;
  annotations: Record<string, any>;
  queries: Record<string, any>;
}

export interface Context {
  answers: Answers;
  theme: GrafanaTheme2;
  timeZone: string;
}

/** As `key` of tests/e2e/support/recording.py. */
export function answerTo(answers: Answers, target: any): any {
  const key = target.expr === undefined
    ? `search ${target.tags}`
    : `${target.instant ? 'instant' : 'range'} ${target.expr}`;
  const found = answers.queries[key];
  if (found === undefined) {
    throw new Error(`no answer is recorded to: ${key}`);
  }
  return found;
}

/** One frame for each series, as Grafana makes of ranges and of values at one time. */
export function seriesFrames(panel: any, context: Context): DataFrame[] {
  const frames: DataFrame[] = [];
  for (const target of panel.targets) {
    for (const series of answerTo(context.answers, target).result) {
      const samples: Array<[number, string]> = series.values ?? [series.value];
      const name = named(target.legendFormat, series.metric);
      const times = grid(samples, context.answers);
      frames.push({
        name,
        refId: target.refId,
        length: times.length,
        fields: [
          plain('Time', FieldType.time, times.map(([at]) => at)),
          { ...plain('Value', FieldType.number, times.map(([, value]) => value)), labels: series.metric, config: { displayNameFromDS: name } },
        ],
      });
    }
  }
  frames.forEach((frame, index) => {
    configure(frame.fields[1], panel, context, index, frame.refId);
    frame.fields[0].display = getDisplayProcessor({ field: frame.fields[0], theme: context.theme, timeZone: context.timeZone });
  });
  return frames;
}

// A step without a sample is a gap.
function grid(samples: Array<[number, string]>, answers: Answers): Array<[number, number | null]> {
  const found: Array<[number, number | null]> = [];
  for (const [seconds, text] of samples) {
    const at = seconds * 1000;
    const last = found.at(-1);
    if (last && at - last[0] > 1.5 * answers.stepSeconds * 1000) {
      found.push([last[0] + answers.stepSeconds * 1000, null]);
    }
    found.push([at, Number.isNaN(Number(text)) ? null : Number(text)]);
  }
  return found;
}

/** Prometheus's format `table`: a column for each label, one for each query. */
export function tableFrame(panel: any, context: Context): DataFrame {
  const rows = panel.targets.flatMap((target: any) => answerTo(context.answers, target).result.map((series: any) => ({ target, series })));
  const labels = [...new Set<string>(rows.flatMap((row: any) => Object.keys(row.series.metric)))].sort();
  const fields = [
    plain('Time', FieldType.time, rows.map((row: any) => row.series.value[0] * 1000)),
    ...labels.map((label) => plain(label, FieldType.string, rows.map((row: any) => row.series.metric[label] ?? ''))),
    plain('Value', FieldType.number, rows.map((row: any) => Number(row.series.value[1]))),
  ];
  return arranged({ length: rows.length, fields }, panel, context);
}

/** What Jaeger's plugin makes of a search. */
export function tracesFrame(panel: any, context: Context): DataFrame {
  const traces = panel.targets.flatMap((target: any) => answerTo(context.answers, target).traces);
  const rows = traces.map((trace: any) => {
    const root = [...trace.spans].sort((a: any, b: any) => a.startTime - b.startTime)[0];
    const end = Math.max(...trace.spans.map((span: any) => span.startTime + span.duration));
    return [trace.traceID, `${trace.processes[root.processID].serviceName}: ${root.operationName}`, root.startTime / 1000, end - root.startTime];
  }).sort((a: any, b: any) => b[2] - a[2]);
  const column = (index: number) => rows.map((row: any) => row[index]);
  const fields = [
    plain('Trace ID', FieldType.string, column(0)),
    plain('Trace name', FieldType.string, column(1)),
    plain('Start time', FieldType.time, column(2)),
    { ...plain('Duration', FieldType.number, column(3)), config: { unit: 'µs' } },
  ];
  return arranged({ length: rows.length, fields }, panel, context);
}

// The transformations that the description of the pages uses, and what Grafana asks of each field.
function arranged(frame: DataFrame, panel: any, context: Context): DataFrame {
  let fields = frame.fields;
  for (const { id, options } of panel.transformations ?? []) {
    if (id !== 'organize') {
      throw new Error(`the transformation ${id} is not drawn`);
    }
    const places = options.indexByName ?? {};
    fields = fields.filter((field) => (options.includeByName ? options.includeByName[field.name] : !options.excludeByName?.[field.name]));
    fields = [...fields].sort((a, b) => (places[a.name] ?? 99) - (places[b.name] ?? 99));
    fields = fields.map((field) => ({ ...field, name: options.renameByName?.[field.name] ?? field.name }));
  }
  for (const field of fields) {
    configure(field, panel, context, 0, undefined);
  }
  return sorted({ ...frame, fields }, panel.options.sortBy?.[0]);
}

function sorted(frame: DataFrame, by: any): DataFrame {
  const values = frame.fields.find((field) => field.name === by?.displayName)?.values;
  if (!values) {
    return frame;
  }
  const order = [...values.keys()].sort((a, b) => (by.desc ? -1 : 1) * (values[a] > values[b] ? 1 : -1));
  return { ...frame, fields: frame.fields.map((field) => ({ ...field, values: order.map((index) => field.values[index]) })) };
}

function plain(name: string, type: FieldType, values: any[]): Field {
  return { name, type, values, config: {} };
}

// Defaults, then what the source says, then overrides, as Grafana joins them.
function configure(field: Field, panel: any, context: Context, index: number, refId: string | undefined) {
  const { defaults, overrides } = panel.fieldConfig ?? { defaults: {}, overrides: [] };
  const isGraph = panel.type === 'timeseries';
  const { custom = {}, ...rest } = defaults;
  const isNumber = field.type === FieldType.number;
  field.config = {
    color: { mode: isGraph ? 'palette-classic' : 'thresholds' } as any,
    ...rest,
    // Grafana keeps a unit away from what is no number.
    unit: isNumber ? rest.unit : undefined,
    ...field.config,
    custom: { ...custom },
  };
  const name = field.config.displayNameFromDS ?? field.name;
  for (const { matcher, properties } of overrides) {
    const isMeant = {
      byName: () => name === matcher.options || field.name === matcher.options,
      byRegexp: () => new RegExp(matcher.options.replace(/^\/|\/$/g, '')).test(name),
      byFrameRefID: () => refId === matcher.options,
      byType: () => field.type === matcher.options,
    }[matcher.id as string];
    if (!isMeant) {
      throw new Error(`the matcher ${matcher.id} is not drawn`);
    }
    for (const { id, value } of isMeant() ? properties : []) {
      if (id.startsWith('custom.')) {
        field.config.custom[id.slice(7)] = value;
      } else {
        (field.config as any)[id] = value;
      }
    }
  }
  field.state = { seriesIndex: index };
  field.display = getDisplayProcessor({ field, theme: context.theme, timeZone: context.timeZone });
  field.getLinks = () => (field.config.links ?? []).map((link: any) => ({ href: '#', title: link.title, target: '_self', origin: field } as any));
}

export function named(format: string | undefined, labels: Record<string, string>): string {
  return (format ?? '').replace(/{{\s*(.+?)\s*}}/g, (_, label) => labels[label] ?? '');
}

export interface Exemplar {
  at: number;
  value: number;
}

export function exemplars(panel: any, context: Context): Exemplar[] {
  const found = panel.targets.flatMap((target: any) => answerTo(context.answers, target).exemplars ?? []);
  const all = found.flatMap((series: any) => series.exemplars.map((one: any) => ({ at: one.timestamp * 1000, value: Number(one.value) })));
  // Grafana shows few of those that fall together.
  const seen = new Map<string, Exemplar>();
  for (const one of all) {
    seen.set(`${Math.round(one.at / 6000)} ${Math.round(Math.log2(one.value) * 1.5)}`, one);
  }
  return [...seen.values()];
}

export interface Mark {
  name: string;
  color: string;
  from: number;
  to: number;
}

/** Times at which an annotation's query has a series; those without a gap are one region. */
export function marks(page: any, answers: Answers): Mark[] {
  const found: Mark[] = [];
  for (const annotation of page.annotations.list) {
    for (const series of answers.annotations[annotation.name].result) {
      const step = 60_000;
      let open: Mark | undefined;
      for (const [seconds] of series.values) {
        const at = seconds * 1000;
        if (open && at - open.to <= 1.5 * step) {
          open.to = at;
        } else {
          open = { name: annotation.name, color: annotation.iconColor, from: at, to: at };
          found.push(open);
        }
      }
    }
  }
  return found;
}
