// Time on the board: the plant's own zone, whatever the browser's; ticks of the axis; moments people can hit.
(() => {
  "use strict";
  const MINUTE = 60e3, HOUR = 3600e3, DAY = 24 * HOUR;
  const STEPS = [5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR];
  const DAYS = [1, 2, 7, 14, 28];
  const TICK_WIDTH = 48, DAY_WIDTH = 78;

  // A clock of one zone. Wall times are numbers too: what the hands show, read as if it were UTC.
  function makeClock(zone) {
    const parts = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" });
    const known = new Map();

    function offset(ms) {
      const hour = Math.floor(ms / HOUR);
      if (!known.has(hour)) {
        const at = {};
        for (const part of parts.formatToParts(hour * HOUR)) { at[part.type] = Number(part.value); }
        known.set(hour, Date.UTC(at.year, at.month - 1, at.day, at.hour, at.minute, at.second) - hour * HOUR);
      }
      return known.get(hour);
    }

    const wall = (ms) => ms + offset(ms);

    // A wall time that the clocks skip is taken as the moment they jump to.
    function moment(wallMs) {
      const guess = wallMs - offset(wallMs - offset(wallMs));
      return guess;
    }

    const shown = (options) => {
      const format = new Intl.DateTimeFormat(undefined, { timeZone: zone, ...options });
      return (ms) => format.format(ms);
    };
    const clock = {
      zone, wall, moment,
      day: shown({ weekday: "short", day: "numeric", month: "short" }),
      time: shown({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
      when: shown({ weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
    };

    // What a field of type datetime-local holds, and back.
    clock.toField = (ms) => new Date(wall(ms)).toISOString().slice(0, 16);
    clock.fromField = (text) => moment(Date.parse(`${text}Z`));

    // Days and hours to draw between two moments on so many pixels: { days: [{ at, text }], hours: [{ at, text }] }.
    clock.ticks = (from, to, width) => {
      const perMs = width / (to - from);
      const step = STEPS.find((ms) => ms * perMs >= TICK_WIDTH);
      const days = DAYS.find((count) => count * DAY * perMs >= DAY_WIDTH) ?? DAYS[DAYS.length - 1];
      const found = { days: [], hours: [], isFine: days === 1 };
      const first = Math.floor(wall(from) / DAY) * DAY;
      const monday = first - ((new Date(first).getUTCDay() + 6) % 7) * DAY;
      for (let at = days === 1 ? first : monday; at < wall(to); at += days * DAY) {
        const start = moment(at);
        found.days.push({ at: start, text: clock.day(start) });
      }
      if (step) {
        for (let at = Math.ceil(wall(from) / step) * step; at < wall(to); at += step) {
          const start = moment(at);
          if (at % DAY) { found.hours.push({ at: start, text: clock.time(start) }); }
        }
      } else if (days > 1) {
        for (let at = first; at < wall(to); at += DAY) { found.hours.push({ at: moment(at), text: "" }); }
      }
      return found;
    };

    // The nearest moment of a grid on the wall that is as fine as the view allows.
    clock.snap = (ms, msPerPixel) => {
      const grid = msPerPixel < 30e3 ? 5 * MINUTE : msPerPixel < 4 * MINUTE ? 15 * MINUTE : HOUR;
      return moment(Math.round(wall(ms) / grid) * grid);
    };
    return clock;
  }

  // "3.5 h", "2 days": a span of hours as people say it.
  function span(hours) {
    const size = Math.abs(hours);
    if (size < 1) { return `${Math.round(size * 60)} min`; }
    if (size < 48) { return `${mes.number(Math.round(size * 10) / 10)} h`; }
    return `${mes.number(Math.round(size / 2.4) / 10)} days`;
  }

  window.mes.board = { makeClock, span, MINUTE, HOUR, DAY };
})();
