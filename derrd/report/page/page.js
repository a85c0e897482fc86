// Draws the charts from the data beside it, in the colours of the page, again when these change.
'use strict';

const data = JSON.parse(document.getElementById('data').textContent);
const hues = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#b58900', '#56b4e9', '#8c6bb1', '#7f7f7f', '#a6761d', '#1b9e77'];
const names = [...new Set([...data.settings.flatMap(setting => [
  ...setting.curves.map(curve => curve.name), ...setting.overlap.methods.map(method => method.name)]),
...data.costs.flatMap(cost => cost.points.map(point => point.name))])];

// A method has one colour on the whole page.
const colour = name => hues[names.indexOf(name) % hues.length];
const style = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const charts = [];

function figure(parent, caption, config) {
  const box = document.createElement('figure');
  const title = document.createElement('figcaption');
  title.textContent = caption;
  const holder = document.createElement('div');
  holder.className = 'canvas';
  const canvas = document.createElement('canvas');
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', caption);
  holder.append(canvas);
  box.append(title, holder);
  parent.append(box);
  charts.push({canvas, config, chart: null});
}

function axis(title, more) {
  return {
    title: {display: true, text: title, color: style('--quiet')},
    ticks: {color: style('--quiet')},
    grid: {color: style('--line')},
    ...more,
  };
}

function options(x, y, more = {}) {
  return {
    responsive: true, maintainAspectRatio: false, animation: false,
    scales: {x, y},
    plugins: {legend: {position: 'bottom', labels: {color: style('--text'), boxWidth: 14}}},
    ...more,
  };
}

function line(name, points, more) {
  return {label: name, data: points.map(([x, y]) => ({x, y})), borderColor: colour(name), backgroundColor: colour(name),
          pointRadius: points.length > 1 ? 0 : 3, borderWidth: 2, ...more};
}

function curves(setting) {
  return () => ({
    type: 'line',
    data: {datasets: setting.curves.map(curve => line(curve.name, curve.points,
      curve.name === 'teacher' ? {borderDash: [6, 4]} : {}))},
    options: options(axis('epoch', {type: 'linear'}), axis(`${setting.metric} on validation`)),
  });
}

function overlap(setting) {
  return () => ({
    type: 'bar',
    data: {labels: setting.overlap.depths, datasets: setting.overlap.methods.map(method => (
      {label: method.name, data: method.values, backgroundColor: colour(method.name)}))},
    options: options(axis(''), axis("share of the teacher's list", {min: 0, max: 1})),
  });
}

// The shares of all rows that chose each expert, one on top of the other.
function experts(use) {
  return () => {
    const count = use.points[0][1].length;
    const shares = use.points.map(([epoch, rows]) => {
      const all = rows.reduce((sum, value) => sum + value, 0) || 1;
      return {epoch, rows: rows.map(value => value / all)};
    });
    return {
      type: 'line',
      data: {datasets: Array.from({length: count}, (_, expert) => {
        const paint = `hsl(${Math.round(360 * expert / count)} 55% ${expert % 2 ? 45 : 60}%)`;
        return {label: `expert ${expert}`, data: shares.map(({epoch, rows}) => ({x: epoch, y: rows[expert]})),
                fill: expert ? '-1' : 'origin', backgroundColor: paint, borderColor: paint, borderWidth: 0, pointRadius: 0};
      })},
      options: options(axis('epoch', {type: 'linear'}), axis('share of the rows', {stacked: true, min: 0, max: 1}),
        {plugins: {legend: {display: false}}}),
    };
  };
}

function computed(setting) {
  return () => ({
    type: 'line',
    data: {datasets: setting.experts.map((use, i) => line(use.name, use.computed,
      {borderColor: hues[i % hues.length], backgroundColor: hues[i % hues.length]}))},
    options: options(axis('epoch', {type: 'linear'}), axis('experts computed a row', {min: 0})),
  });
}

function cost(chart, key, title) {
  return () => {
    const kinds = [...new Set(chart.points.map(point => point.name))];
    const shapes = {teacher: 'rectRot', svd: 'triangle'};
    return {
      type: 'scatter',
      data: {datasets: kinds.map(name => ({
        label: name, backgroundColor: colour(name), borderColor: colour(name), pointRadius: 6, pointStyle: shapes[name] || 'circle',
        data: chart.points.filter(point => point.name === name && point[key] > 0)
          .map(point => ({x: point[key], y: point.accuracy, width: point.width})),
      }))},
      options: options(axis(title, {type: 'logarithmic'}), axis(`${chart.metric} on test`), {
        plugins: {
          legend: {position: 'bottom', labels: {color: style('--text'), usePointStyle: true}},
          tooltip: {callbacks: {label: ({dataset, raw}) =>
            `${dataset.label}, width ${raw.width}: ${raw.y.toFixed(4)} at ${raw.x.toPrecision(4)}`}},
        },
      }),
    };
  };
}

function build() {
  for (const parent of document.querySelectorAll('[data-setting]')) {
    const setting = data.settings[Number(parent.dataset.setting)];
    if (setting.curves.length) figure(parent, `Learning curves, first seed: ${setting.metric} on validation`, curves(setting));
    if (setting.overlap.methods.length) figure(parent, 'Agreement with the teacher: what the top lists share', overlap(setting));
    for (const use of setting.experts) figure(parent, `${use.name}, how many rows choose each`, experts(use));
    if (setting.experts.length) figure(parent, 'Experts that are computed for a row', computed(setting));
  }
  const costs = document.getElementById('costs');
  for (const chart of data.costs) {
    if (!chart.points.length) continue;  // nothing of it trained
    const section = document.createElement('section');
    const title = document.createElement('h2');
    title.textContent = `${chart.title}: accuracy and what it costs`;
    const parent = document.createElement('div');
    parent.className = 'charts';
    section.append(title, parent);
    costs.append(section);
    figure(parent, 'Accuracy and bytes', cost(chart, 'bytes', 'bytes of the model'));
    if (chart.points.some(point => point.microseconds)) {
      figure(parent, 'Accuracy and time', cost(chart, 'microseconds', 'microseconds a query'));
    }
  }
}

function draw() {
  for (const entry of charts) {
    if (entry.chart) entry.chart.destroy();
    entry.chart = new Chart(entry.canvas, entry.config());
  }
}

build();
draw();
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
