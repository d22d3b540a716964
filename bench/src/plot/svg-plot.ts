import { numberText } from '../figures/markdown.js'
import type { Bar, BarKind, Panel } from './panel.js'

const WIDTH = 860
const LABEL_WIDTH = 270
const VALUE_WIDTH = 110
const BAR_HEIGHT = 14
const ROW_HEIGHT = 20
const PANEL_GAP = 26
const TITLE_HEIGHT = 24
const HEAD_HEIGHT = 44
const LONGEST = WIDTH - LABEL_WIDTH - VALUE_WIDTH
const FILLS: Record<BarKind, string> = { clowder: '#2f6f9f', peer: '#b8833a', floor: '#9a9a9a' }
const STYLE =
  'text{font-family:system-ui,sans-serif;font-size:12px;fill:#333}.head{font-size:16px;font-weight:600}.panel{font-size:13px;font-weight:600}.note{fill:#777}'

/** One picture of a family: horizontal bars, one panel for each piece of work, each with a scale of its own that begins at 0. Thin lines: the lowest and highest round. */
export function svgPlot(title: string, panels: readonly Panel[]): string {
  let y = HEAD_HEIGHT
  const drawn: string[] = []
  for (const panel of panels) {
    drawn.push(panelSvg(panel, y))
    y += TITLE_HEIGHT + panel.bars.length * ROW_HEIGHT + PANEL_GAP
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y}" viewBox="0 0 ${WIDTH} ${y}" role="img">`,
    `<title>${escaped(title)}</title><style>${STYLE}</style><rect width="100%" height="100%" fill="#fff"/>`,
    `<text class="head" x="10" y="24">${escaped(title)}</text>`,
    ...drawn,
    '</svg>\n',
  ].join('\n')
}

function panelSvg({ title, unit, bars, goal }: Panel, top: number): string {
  const most = Math.max(...bars.map(({ spread }) => spread.high), goal ?? 0)
  const scale = most > 0 ? LONGEST / most : 0
  const bottom = top + TITLE_HEIGHT + bars.length * ROW_HEIGHT
  return [
    `<text class="panel" x="10" y="${top + 12}">${escaped(title)} <tspan class="note">(${escaped(unit)})</tspan></text>`,
    ...bars.map((bar, i) => barSvg(bar, top + TITLE_HEIGHT + i * ROW_HEIGHT, scale)),
    ...(goal === undefined ? [] : [goalSvg(LABEL_WIDTH + goal * scale, top + TITLE_HEIGHT - 4, bottom, goal)]),
  ].join('\n')
}

function barSvg({ label, kind, spread: { median, low, high } }: Bar, y: number, scale: number): string {
  const middle = y + BAR_HEIGHT / 2
  const end = LABEL_WIDTH + high * scale
  return [
    `<text x="${LABEL_WIDTH - 8}" y="${y + 11}" text-anchor="end">${escaped(label)}</text>`,
    `<rect x="${LABEL_WIDTH}" y="${y}" width="${fixed(Math.max(0, median) * scale)}" height="${BAR_HEIGHT}" fill="${FILLS[kind]}"/>`,
    `<line x1="${fixed(LABEL_WIDTH + low * scale)}" x2="${fixed(end)}" y1="${middle}" y2="${middle}" stroke="#111"/>`,
    `<text x="${fixed(Math.max(end, LABEL_WIDTH) + 6)}" y="${y + 11}">${shortText(median)}</text>`,
  ].join('')
}

function goalSvg(x: number, top: number, bottom: number, goal: number): string {
  return [
    `<line x1="${fixed(x)}" x2="${fixed(x)}" y1="${top}" y2="${bottom}" stroke="#c0392b" stroke-dasharray="4 3"/>`,
    `<text class="note" x="${fixed(x + 3)}" y="${bottom + 10}">goal ${shortText(goal)}</text>`,
  ].join('')
}

/** About three digits. */
function shortText(value: number): string {
  const magnitude = Math.abs(value)
  return numberText(value, magnitude >= 100 ? 0 : magnitude >= 10 ? 1 : 2)
}

function fixed(value: number): string {
  return `${Math.round(value * 10) / 10}`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
