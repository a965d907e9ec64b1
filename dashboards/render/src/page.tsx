// A whole page: head, variables, rows, and panels on the grid of 24 columns.
import { createRoot } from 'react-dom/client';
import { createTheme, ThemeContext } from '@grafana/data';
import { GlobalStyles, Icon, PortalContainer } from '@grafana/ui';
import { type Answers, type Context, marks } from './data';
import { PanelOf } from './panels';

// Grafana's grid: Source: public/app/core/constants.ts of Grafana 12.
const CELL_HEIGHT = 30;
const GAP = 8;
const COLUMNS = 24;

declare global {
  interface Window {
    shown: { page: any; answers: Answers; isDark: boolean; width: number };
  }
}

function Page({ page, context, width }: { page: any; context: Context; width: number }) {
  const { theme, answers } = context;
  const inside = width - 2 * 16;
  const cell = (inside - GAP * (COLUMNS - 1)) / COLUMNS;
  const at = (cells: number, size: number) => cells * (size + GAP);
  const span = (cells: number, size: number) => cells * size + (cells - 1) * GAP;
  const placed = opened(page.panels);
  const all = marks(page, answers);
  const bottom = Math.max(...placed.map(({ panel, y }) => y + panel.gridPos.h));
  return (
    <div style={{ background: theme.colors.background.canvas, width, padding: '0 0 16px' }}>
      <Head page={page} context={context} />
      <div style={{ position: 'relative', margin: '0 16px', height: at(bottom, CELL_HEIGHT) }}>
        {placed.map(({ panel, y }) => {
          const { x, w, h } = panel.gridPos;
          const size = { width: span(w, cell), height: span(h, CELL_HEIGHT) };
          return (
            <div key={panel.id} style={{ position: 'absolute', left: at(x, cell), top: at(y, CELL_HEIGHT), ...size }}>
              {panel.type === 'row'
                ? <div style={{ ...theme.typography.h6, display: 'flex', alignItems: 'center', gap: 8, height: '100%', margin: 0 }}><Icon name="angle-down" />{panel.title}</div>
                : <PanelOf panel={panel} context={context} marks={all} {...size} />}
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** Every row open, and what is below it moved down by what it holds. */
function opened(panels: any[]): Array<{ panel: any; y: number }> {
  const placed: Array<{ panel: any; y: number }> = [];
  let moved = 0;
  for (const panel of panels) {
    placed.push({ panel, y: panel.gridPos.y + moved });
    const held = panel.panels ?? [];
    const before = moved;
    for (const one of held) {
      placed.push({ panel: one, y: one.gridPos.y + before });
      moved = Math.max(moved, before + one.gridPos.y + one.gridPos.h - panel.gridPos.y - 1);
    }
  }
  return placed;
}

function Head({ page, context }: { page: any; context: Context }) {
  const { theme, answers } = context;
  const box = { border: `1px solid ${theme.colors.border.medium}`, borderRadius: 2, padding: '0 10px', lineHeight: '30px', background: theme.components.input.background };
  const minutes = Math.round((answers.to - answers.from) / 60_000);
  const shown = (variable: any) => (variable.type === 'datasource' ? answers.variables[variable.name][0] : variable.current.text[0]);
  return (
    <>
      <div style={{ display: 'flex', alignItems: 'center', gap: 8, padding: '0 16px', height: 48, borderBottom: `1px solid ${theme.colors.border.weak}`, background: theme.colors.background.primary }}>
        <span style={{ color: theme.colors.text.secondary }}>Dashboards</span><Icon name="angle-right" />
        <span style={{ color: theme.colors.text.secondary }}>Beacon</span><Icon name="angle-right" />
        <b style={{ fontWeight: 500 }}>{page.title}</b>
        <span style={{ flex: 1, color: theme.colors.text.secondary, paddingLeft: 8 }}>{page.description}</span>
        <span style={box}><Icon name="clock-nine" /> Last {minutes} minutes</span>
        <span style={box}><Icon name="sync" /> {page.refresh}</span>
      </div>
      <div style={{ display: 'flex', flexWrap: 'wrap', gap: 8, padding: '12px 16px', fontSize: 12 }}>
        {page.templating.list.filter((one: any) => one.hide !== 2).map((one: any) => (
          <span key={one.name} style={{ display: 'flex' }}>
            <span style={{ ...box, background: theme.colors.background.secondary, borderRight: 0 }}>{one.label}</span>
            <span style={box}>{shown(one)} <Icon name="angle-down" /></span>
          </span>
        ))}
        {page.annotations.list.map((one: any) => (
          <span key={one.name} style={{ ...box, background: 'none', display: 'flex', gap: 6, alignItems: 'center' }}>
            <span style={{ width: 10, height: 10, borderRadius: 5, background: theme.visualization.getColorByName(one.iconColor) }} />{one.name}
          </span>
        ))}
        <span style={{ flex: 1 }} />
        {page.links.map((one: any) => <span key={one.title} style={box}><Icon name="bars" /> {one.title} <Icon name="angle-down" /></span>)}
      </div>
    </>
  );
}

const { page, answers, isDark, width } = window.shown;
const theme = createTheme({ colors: { mode: isDark ? 'dark' : 'light' } });
const context: Context = { answers, theme, timeZone: 'utc' };
createRoot(document.getElementById('root')!).render(
  <ThemeContext.Provider value={theme}>
    <GlobalStyles />
    <Page page={page} context={context} width={width} />
    <PortalContainer />
  </ThemeContext.Provider>,
);
