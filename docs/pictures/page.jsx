// Each channel's text in a frame like that of the program that shows it.
import * as AdaptiveCards from "adaptivecards";
import { useEffect, useRef } from "react";
import { createRoot } from "react-dom/client";
import { flushSync } from "react-dom";
import { Message } from "slack-blocks-to-jsx";
import "slack-blocks-to-jsx/dist/style.css";

/* global SHOWN -- the texts, which make.mjs puts in */
const { email, slack, chat, teams } = SHOWN;
const FRAME = {
  width: 760,
  padding: 20,
  margin: 12,
  background: "#fff",
  border: "1px solid #d0d7de",
  borderRadius: 8,
  font: '15px/1.45 "Noto Sans", system-ui, sans-serif',
};

function Email() {
  return (
    <div id="email" style={FRAME}>
      <div style={{ fontSize: 20, fontWeight: 600, marginBottom: 8 }}>{email.subject.trim()}</div>
      <div style={{ color: "#57606a", borderBottom: "1px solid #d0d7de", paddingBottom: 12 }}>
        AWS Notifications &lt;no-reply@sns.amazonaws.com&gt;
      </div>
      <pre style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere", font: '13px/1.45 "Noto Sans Mono", monospace' }}>
        {email.body}
      </pre>
    </div>
  );
}

// The library takes `verbatim` to mean no markup at all; Slack leaves only plain text alone with it.
const marked = (node) =>
  JSON.parse(JSON.stringify(node, (key, value) => (key === "verbatim" ? undefined : value)));

function Slack({ id, name, color, blocks }) {
  const bar = color ? { borderLeft: `4px solid ${color}`, paddingLeft: 12, marginTop: 8 } : {};
  return (
    <div id={id} style={FRAME}>
      <div>
        <strong>{name}</strong>{" "}
        <small style={{ background: "#dddddd", color: "#555", borderRadius: 2, padding: "0 3px" }}>APP</small>
      </div>
      <div style={bar}>
        <Message withoutWrapper blocks={marked(blocks)} style={{ maxWidth: 700 }} />
      </div>
    </div>
  );
}

// Amazon Q lays a custom notification out itself. Its texts are Slack's markup, so that they can be
// shown as what they are; the order is the schema's.
function chatBlocks({ content }) {
  const section = (text) => ({ type: "section", text: { type: "mrkdwn", text } });
  const steps = content.nextSteps.map((step) => `•  ${step}`).join("\n");
  return [
    section(`*${content.title}*`),
    section(content.description),
    section(`*Next steps*\n${steps}`),
    { type: "context", elements: [{ type: "mrkdwn", text: content.keywords.join("   ") }] },
  ];
}

// Microsoft's own renderer, with the colours and fonts of Teams.
const HOST = new AdaptiveCards.HostConfig({
  fontFamily: '"Segoe UI", "Noto Sans", sans-serif',
  fontTypes: { default: {}, monospace: { fontFamily: '"Noto Sans Mono", monospace' } },
  spacing: { small: 4, default: 8, medium: 12, large: 16, extraLarge: 24, padding: 16 },
  containerStyles: {
    default: { backgroundColor: "#ffffff", foregroundColors: { default: { default: "#242424", subtle: "#616161" } } },
    attention: { backgroundColor: "#fdf3f4", foregroundColors: { default: { default: "#b10e1c", subtle: "#b10e1c" } } },
    good: { backgroundColor: "#f1faf1", foregroundColors: { default: { default: "#0e700e", subtle: "#0e700e" } } },
  },
});

function Teams() {
  const place = useRef(null);
  useEffect(() => {
    const card = new AdaptiveCards.AdaptiveCard();
    card.hostConfig = HOST;
    card.parse(teams.attachments[0].content);
    place.current.replaceChildren(card.render());
  }, []);
  return (
    <div id="teams" style={{ ...FRAME, padding: 0, overflow: "hidden" }}>
      <style>{`.ac-pushButton { border: 1px solid #d1d1d1; border-radius: 4px; background: #fff; padding: 5px 12px; font: 600 14px "Noto Sans", sans-serif }`}</style>
      <div ref={place} />
    </div>
  );
}

const root = document.body.appendChild(document.createElement("main"));
flushSync(() =>
  createRoot(root).render(
    <>
      <Email />
      <Slack id="slack" name="amiwatch" {...slack.attachments[0]} />
      <Slack id="chat" name="Amazon Q Developer" blocks={chatBlocks(chat)} />
      <Teams />
    </>,
  ),
);
