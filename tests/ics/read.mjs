// Reads calendar files, base64, one a line, and answers each with one line of JSON: what a calendar program would see.
import { createInterface } from "node:readline";
import ICAL from "ical.js";

const utc = (time) => time.toJSDate().toISOString();
const people = (event, name) =>
  event.getAllProperties(name).map((one) => ({ name: one.getParameter("cn") ?? null, address: one.getFirstValue() }));

function read(text) {
  const calendar = new ICAL.Component(ICAL.parse(text));
  const events = calendar.getAllSubcomponents("vevent").map((one) => {
    const event = new ICAL.Event(one);
    return {
      uid: event.uid,
      sequence: event.sequence,
      status: one.getFirstPropertyValue("status"),
      stamp: utc(one.getFirstPropertyValue("dtstamp")),
      start: utc(event.startDate),
      end: utc(event.endDate),
      zone: event.startDate.zone.tzid,
      title: event.summary,
      place: event.location,
      about: event.description,
      organizer: people(one, "organizer"),
      attendees: people(one, "attendee"),
    };
  });
  return { method: calendar.getFirstPropertyValue("method"), zones: calendar.getAllSubcomponents("vtimezone").length, events };
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = read(Buffer.from(line, "base64").toString("utf8"));
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
