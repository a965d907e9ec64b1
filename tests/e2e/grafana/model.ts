// What a dashboard may hold: the types of @grafana/schema, put together so that no key of any depth is free.
// The schema leaves `options` and `custom` of a panel open; here each kind of panel has its own.
import type * as common from '@grafana/schema';
import type * as raw from '@grafana/schema/dist/types/raw/dashboard/x/dashboard_types.gen';
import type * as barGauge from '@grafana/schema/dist/types/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen';
import type * as gauge from '@grafana/schema/dist/types/raw/composable/gauge/panelcfg/x/GaugePanelCfg_types.gen';
import type * as heatmap from '@grafana/schema/dist/types/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen';
import type * as logs from '@grafana/schema/dist/types/raw/composable/logs/panelcfg/x/LogsPanelCfg_types.gen';
import type * as loki from '@grafana/schema/dist/types/raw/composable/loki/dataquery/x/LokiDataQuery_types.gen';
import type * as stat from '@grafana/schema/dist/types/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type * as stateTimeline from '@grafana/schema/dist/types/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen';
import type * as table from '@grafana/schema/dist/types/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type * as text from '@grafana/schema/dist/types/raw/composable/text/panelcfg/x/TextPanelCfg_types.gen';
import type * as timeSeries from '@grafana/schema/dist/types/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

// JSON holds what an enumeration stands for, not its members.
type Plain<T> = unknown extends T ? T
  : T extends string ? `${T}`
  : T extends number ? (`${T}` extends `${infer N extends number}` ? N : T)
  : T extends object ? { [K in keyof T]: Plain<T[K]> }
  : T;

interface Query<Kind extends string> {
  refId: string;
  hide?: boolean;
  datasource: Source<Kind>;
}
interface Source<Kind extends string> {
  type: Kind;
  uid: string;
}

// Neither this query nor Jaeger's is in the package. Source: packages/grafana-prometheus/src/{types,dataquery}.ts and
// public/app/plugins/datasource/jaeger/types.ts of Grafana 12.
interface PrometheusQuery extends Query<'prometheus'> {
  expr: string;
  editorMode?: 'builder' | 'code';
  exemplar?: boolean;
  format?: 'heatmap' | 'table' | 'time_series';
  instant?: boolean;
  range?: boolean;
  interval?: string;
  intervalFactor?: number;
  legendFormat?: string;
}
interface JaegerQuery extends Query<'jaeger'> {
  queryType?: 'dependencyGraph' | 'search' | 'upload';
  query?: string;
  service?: string;
  operation?: string;
  tags?: string;
  minDuration?: string;
  maxDuration?: string;
  limit?: number;
}
type LokiQuery = Plain<Omit<loki.LokiDataQuery, 'datasource' | 'queryType'> & { queryType?: loki.LokiQueryType }> & Query<'loki'>;

// Of each transformation only what is listed here. Source: packages/grafana-data/src/transformations of Grafana 12.
type Transformation =
  | {
      id: 'organize';
      options: {
        excludeByName?: Record<string, boolean>;
        includeByName?: Record<string, boolean>;
        indexByName?: Record<string, number>;
        orderByMode?: 'auto' | 'manual';
        renameByName?: Record<string, string>;
      };
    }
  | { id: 'merge'; options: Record<string, never> }
  | { id: 'sortBy'; options: { sort: Array<{ field: string; desc?: boolean }> } };

interface Link {
  title: string;
  url: string;
  targetBlank?: boolean;
}

// An override sets one property of the field's own configuration, or one below `custom`.
type Property<Custom> =
  | { [K in keyof Own]-?: { id: K; value: NonNullable<Own[K]> } }[keyof Own]
  | { [K in keyof Custom & string]-?: { id: `custom.${K}`; value: NonNullable<Custom[K]> } }[keyof Custom & string];
type Own = Plain<Omit<raw.FieldConfig, 'custom' | 'links'>> & { links?: Link[] };

type Fields<Custom> = {
  defaults: Own & { custom?: Custom };
  overrides: Array<{ matcher: Matcher; properties: Property<Custom>[] }>;
};
type Matcher = { id: 'byFrameRefID' | 'byName' | 'byRegexp' | 'byType'; options: string };

type Panel<Kind extends string, Options, Custom> = Plain<
  Omit<raw.Panel, 'datasource' | 'fieldConfig' | 'options' | 'targets' | 'transformations' | 'type'>
> & {
  type: Kind;
  id: number;
  title: string;
  gridPos: raw.GridPos;
  options: Plain<Options>;
  fieldConfig?: Fields<Custom>;
  transformations?: Transformation[];
} & (
    | { datasource: Source<'prometheus'>; targets: PrometheusQuery[] }
    | { datasource: Source<'loki'>; targets: LokiQuery[] }
    | { datasource: Source<'jaeger'>; targets: JaegerQuery[] }
  );

type None = Record<never, never>;

export type AnyPanel =
  | Panel<'bargauge', barGauge.Options, None>
  | Panel<'gauge', gauge.Options, None>
  | Panel<'heatmap', heatmap.Options, Plain<heatmap.FieldConfig>>
  | Panel<'logs', logs.Options, None>
  | Panel<'stat', stat.Options, None>
  | Panel<'state-timeline', stateTimeline.Options, Plain<stateTimeline.FieldConfig>>
  | Panel<'table', table.Options, Plain<table.FieldConfig>>
  | Panel<'text', text.Options, None>
  | Panel<'timeseries', timeSeries.Options, Plain<timeSeries.FieldConfig>>;

/** A panel of one kind. */
export type PanelOf<Kind extends AnyPanel['type']> = Extract<AnyPanel, { type: Kind }>;

/** A row, without the panels that it holds. */
export type Row = Plain<Omit<raw.RowPanel, 'panels'>> & { panels: [] };

// `definition` is of the model of variables in @grafana/data, the formats of Prometheus's annotations are of its plugin.
type Variable = Plain<Omit<raw.VariableModel, 'datasource'>> & { datasource?: Source<'prometheus'>; definition?: string };
type Annotation = Plain<Omit<common.AnnotationQuery, 'datasource' | 'target'>> & {
  datasource: Source<'prometheus'>;
  target: Omit<PrometheusQuery, 'datasource'>;
  titleFormat?: string;
  textFormat?: string;
  tagKeys?: string;
  useValueForTime?: boolean;
};

/** A page, without its panels. */
export type Page = Plain<Omit<raw.Dashboard, 'annotations' | 'panels' | 'templating'>> & {
  annotations: { list: Annotation[] };
  templating: { list: Variable[] };
};
