// SPDX-License-Identifier: GPL-2.0-only
/* Optional behaviour of the report's pages: theme, arrow keys in tables, filters, charts. Without scripts the pages
 * show the same data as text and tables. The script fetches nothing. */
"use strict";
(function () {
  const root = document.documentElement;

  function stored(value) {
    try {
      if (value) localStorage.setItem("rig-theme", value);
      return localStorage.getItem("rig-theme");
    } catch (e) { return value || null; } // browsers may deny localStorage to file: pages
  }

  function isDark() {
    return root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }

  const wanted = stored();
  if (wanted === "dark" || wanted === "light") root.dataset.theme = wanted;

  function themeButton() {
    const button = document.getElementById("theme");
    const name = function () { button.textContent = isDark() ? "Light" : "Dark"; };

    button.hidden = false;
    name();
    button.addEventListener("click", function () {
      root.dataset.theme = isDark() ? "light" : "dark";
      stored(root.dataset.theme);
      name();
      drawAll();
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", function () { name(); drawAll(); });
  }

  // Arrow keys move the focus between the links of a table; Home and End to the first and last of a row.
  function arrows(table) {
    const rows = Array.from(table.tBodies[0] ? table.tBodies[0].rows : []);

    function go(row, column, step) {
      for (let r = row; r >= 0 && r < rows.length; r += step) {
        const cell = rows[r].cells[column], link = cell && !rows[r].hidden && cell.querySelector("a");
        if (link) { link.focus(); return true; }
      }
      return false;
    }
    table.addEventListener("keydown", function (event) {
      const cell = event.target.closest("td, th"), row = rows.indexOf(event.target.closest("tr"));
      if (!cell || row < 0) return;
      const links = Array.from(rows[row].querySelectorAll("a")), at = links.indexOf(event.target);
      const sideways = { ArrowRight: links[at + 1], ArrowLeft: links[at - 1], Home: links[0], End: links[links.length - 1] };
      let done = false;
      if (event.key === "ArrowDown") done = go(row + 1, cell.cellIndex, 1);
      else if (event.key === "ArrowUp") done = go(row - 1, cell.cellIndex, -1);
      else if (sideways[event.key]) { sideways[event.key].focus(); done = true; }
      if (done) event.preventDefault();
    });
  }

  function filter(box) {
    const input = box.querySelector("input"), count = box.querySelector("output");
    const rows = Array.from(document.getElementById(input.dataset.table).tBodies[0].rows);
    const texts = rows.map(function (row) { return row.textContent.toLowerCase(); });

    box.hidden = false;
    input.addEventListener("input", function () {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      rows.forEach(function (row, i) {
        row.hidden = !words.every(function (word) { return texts[i].includes(word); });
        shown += !row.hidden;
      });
      count.textContent = shown + " of " + rows.length;
    });
  }

  // --- charts --------------------------------------------------------------------------------------------

  const charts = [];
  const css = function (name) { return getComputedStyle(root).getPropertyValue(name).trim(); };
  const palette = function (i) { return css("--c" + (1 + i % 6)); };
  const dashes = [[], [6, 3], [2, 3], [8, 3, 2, 3]];
  const points = ["circle", "triangle", "rect", "rectRot", "star", "crossRot"];
  const day = function (s) { return new Date(s * 1000).toISOString().slice(0, 10); };

  // Draw each report as a line across all lanes at its time.
  const uprights = {
    id: "uprights",
    afterDatasetsDraw: function (chart, args, options) {
      const area = chart.chartArea, scale = chart.scales.x;
      (options.at || []).forEach(function (t) {
        const x = scale.getPixelForValue(t);
        if (x < area.left || x > area.right) return;
        chart.ctx.save();
        chart.ctx.strokeStyle = css("--fail");
        chart.ctx.setLineDash([4, 3]);
        chart.ctx.beginPath();
        chart.ctx.moveTo(x, area.top);
        chart.ctx.lineTo(x, area.bottom);
        chart.ctx.stroke();
        chart.ctx.restore();
      });
    },
  };

  // The legend's mark needs its own width: a bar's width is too large.
  function labels(chart) {
    return Chart.defaults.plugins.legend.labels.generateLabels(chart).map(function (label) {
      return Object.assign(label, { lineWidth: Math.min(label.lineWidth, 2) });
    });
  }

  function common(xTitle) {
    const soft = css("--soft"), line = css("--line");

    return {
      animation: false, responsive: true, maintainAspectRatio: false, normalized: true,
      interaction: { mode: "nearest", intersect: false },
      color: css("--fg"),
      scales: { x: { type: "linear", title: { display: true, text: xTitle, color: soft }, ticks: { color: soft, maxRotation: 0 },
        grid: { color: line } } },
      plugins: { legend: { position: "bottom", labels: { usePointStyle: true, color: css("--fg"), generateLabels: labels } } },
    };
  }

  function axis(title, more) {
    return Object.assign({ title: { display: true, text: title, color: css("--soft") }, ticks: { color: css("--soft") },
      grid: { color: css("--line") } }, more);
  }

  const hour = function (s) { return new Date(s * 1000).toISOString().slice(11, 16); };

  // Detection times or rates over the days (or the hours of one), a series for each machine and kernel.
  function trend(data) {
    const only = new Set();

    data.series.forEach(function (s) { s.points.forEach(function (p) { only.add(p[0]); }); });
    const from = Math.min.apply(null, Array.from(only)), to = Math.max.apply(null, Array.from(only));
    const short = to - from < 86400; // runs of one night: hours
    const pad = short ? Math.max((to - from) / 20, 60) : Math.max((to - from) / 40, 43200);
    const options = common(short ? "time on " + day(from) + (day(to) === day(from) ? "" : " and " + day(to)) + " (UTC)" : "day (UTC)");
    const steps = short ? [60, 300, 600, 1800, 3600, 3 * 3600, 6 * 3600] : [86400];

    Object.assign(options.scales.x, { min: from - pad, max: to + pad });
    options.scales.x.ticks.callback = short ? hour : day;
    options.scales.x.afterBuildTicks = function (scale) {
      const span = to - from + 2 * pad, fits = steps.find(function (s) { return span / s <= 7; });
      const step = fits || 86400 * Math.max(1, Math.ceil(span / 86400 / 7));
      scale.ticks = [];
      for (let t = Math.ceil((from - pad) / step) * step; t <= to + pad; t += step) scale.ticks.push({ value: t });
    };
    options.scales.y = axis(data.unit, { beginAtZero: true });
    options.plugins.tooltip = { callbacks: {
      title: function (items) { return items.length ? new Date(items[0].parsed.x * 1000).toISOString().slice(0, 16).replace("T", " ") : ""; },
    } };
    return { type: "line", options: options, data: { datasets: data.series.map(function (s, i) {
      return { label: s.name, data: s.points.map(function (p) { return { x: p[0], y: p[1] }; }), borderColor: palette(i),
        backgroundColor: palette(i), borderWidth: 1.5, borderDash: dashes[Math.floor(i / 6) % 4], pointStyle: points[i % 6],
        pointRadius: data.series.length > 1 || s.points.length < 60 ? 3.5 : 2 };
    }) } };
  }

  // Host steps as bars in lanes, agents' rates below, reports across both: one time axis.
  function timeline(data) {
    const options = common("seconds since the run began");
    const colours = { state: css("--other"), then: css("--soft"), ok: css("--pass"), bad: css("--flaky"), open: css("--fail") };
    const sets = [];

    // after a long boot, start shortly before the first step: the boot would compress the rest
    const times = data.bars.filter(function (b) { return b.kind === "ok" || b.kind === "bad" || b.kind === "open"; })
      .map(function (b) { return b.from; });
    const begin = times.length ? Math.min.apply(null, times) : 0;
    const min = begin > 0.3 * data.end ? Math.floor(begin - 0.1 * (data.end - begin)) : 0;

    Object.assign(options.scales.x, { min: min, max: data.end });
    options.scales.lanes = axis("host", { type: "category", labels: data.lanes, offset: true, position: "left", stack: "time",
      ticks: { color: css("--soft"), autoSkip: false, font: { size: 11 } }, stackWeight: Math.max(1, data.lanes.length / 3), reverse: false });
    // adjacent states have no gap between them, so alternate the shade
    let states = 0;
    data.bars.forEach(function (b) { if (b.kind === "state" || b.kind === "then") b.kind = states++ % 2 ? "then" : "state"; });
    ["state", "then", "ok", "bad", "open"].forEach(function (kind) {
      const bars = data.bars.filter(function (b) { return b.kind === kind; }), list = [];
      bars.forEach(function (b) {
        list.push({ x: Math.max(b.from, min), y: data.lanes[b.lane], name: b.name }, { x: b.to, y: data.lanes[b.lane], name: b.name }, { x: NaN, y: NaN });
      });
      if (bars.length) sets.push({ label: { state: "state", then: "next state", ok: "step, done", bad: "step, refused or failed", open: "step that never ended" }[kind],
        data: list, yAxisID: "lanes", borderColor: colours[kind], backgroundColor: colours[kind], borderWidth: 9, borderCapStyle: "butt",
        pointRadius: 0, pointHitRadius: 8, pointStyle: "rect", spanGaps: false });
    });
    if (data.rates.length) {
      options.scales.rates = axis("operations/s", { type: "linear", position: "left", stack: "time", stackWeight: 3, beginAtZero: true,
        offset: true });
      data.rates.forEach(function (r, i) {
        sets.push({ label: r.name, data: r.points.map(function (p) { return { x: p[0], y: p[1] }; }), yAxisID: "rates",
          borderColor: palette(i), backgroundColor: palette(i), borderWidth: 1.5, borderDash: dashes[Math.floor(i / 6) % 4], pointRadius: 0,
          pointHitRadius: 6, pointStyle: "line" });
      });
    }
    if (data.reports.length) sets.push({ label: "report", yAxisID: "lanes", showLine: false, pointStyle: "triangle", pointRadius: 7,
      borderColor: css("--fail"), backgroundColor: css("--fail"),
      data: data.reports.map(function (r) { return { x: r.at, y: data.lanes[data.lanes.length - 1], name: r.title }; }) });
    options.plugins.uprights = { at: data.reports.map(function (r) { return r.at; }) };
    options.plugins.tooltip = { callbacks: {
      title: function (items) { return items.length ? items[0].parsed.x.toFixed(2) + " s" : ""; },
      label: function (item) { return item.raw.name || item.dataset.label + ": " + Math.round(item.parsed.y) + "/s"; },
    } };
    return { type: "line", options: options, data: { datasets: sets }, plugins: [uprights] };
  }

  const kinds = { trend: trend, timeline: timeline };

  function drawAll() {
    charts.forEach(function (c) {
      if (c.chart) c.chart.destroy();
      c.chart = new Chart(c.canvas, kinds[c.data.chart](c.data));
      c.box.dataset.drawn = "yes";
    });
  }

  document.addEventListener("DOMContentLoaded", function () {
    themeButton();
    document.querySelectorAll("table.grid").forEach(arrows);
    document.querySelectorAll(".filter").forEach(filter);
    if (typeof Chart !== "undefined") {
      document.querySelectorAll(".chart").forEach(function (box) {
        const canvas = box.querySelector("canvas");
        canvas.parentNode.hidden = false;
        charts.push({ box: box, canvas: canvas, data: JSON.parse(box.querySelector("script").textContent) });
      });
      Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
      drawAll();
    } else {
      document.querySelectorAll(".chart > details").forEach(function (d) { d.open = true; });
    }
  });
})();
