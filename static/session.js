// Warns before the time without activity is over, and lets a hand on the page count as activity: typing in a long form
// asks nothing of the server. Nothing is stored; tabs tell each other through a channel. Without this script signing
// out happens all the same, and a form that is sent afterwards is kept.
(function () {
  "use strict";
  var strip = document.getElementById("session");
  if (!strip) return;

  var idle = Number(strip.dataset.idle) * 1000;
  var warn = Number(strip.dataset.warn) * 1000;
  var every = Math.min(240000, idle / 3);
  var told = Date.now();
  var hand = told;
  var over = false;
  var tabs = window.BroadcastChannel ? new BroadcastChannel("greenlight-session") : null;

  function heard(at) {
    told = Math.max(told, at);
    over = false;
    show();
  }

  function tell() {
    var at = Date.now();
    fetch(strip.dataset.stay, {
      method: "POST",
      credentials: "same-origin",
      redirect: "manual",
      headers: { "X-CSRFToken": strip.dataset.token }
    }).then(function (answer) {
      if (answer.status === 204) {
        heard(at);
        if (tabs) tabs.postMessage(at);
      } else {
        end();
      }
    }, function () { /* no connection: the next hand tries again */ });
  }

  function end() {
    over = true;
    show();
  }

  // Only what is new is written: a screen reader reads out every change.
  function say(where, text) {
    var place = strip.querySelector(where);
    if (place.textContent !== text) place.textContent = text;
  }

  function show() {
    var left = told + idle - Date.now();
    if (left <= 0) over = true;
    strip.hidden = !over && left > warn;
    if (strip.hidden) return;
    say("[data-words]", over ? "You are signed out." : "You will be signed out in less than " + Math.ceil(warn / 60000) + " minutes.");
    say("[data-more]", over
      ? "What you type here is kept when you send it, and is there once you have signed in again."
      : "Nobody has touched this page for a while.");
    strip.querySelector("[data-stay-button]").hidden = over;
  }

  function touched() {
    hand = Date.now();
    if (!over && hand - told > every) {
      told = hand;
      tell();
    }
  }

  strip.querySelector("[data-stay-button]").addEventListener("click", tell);
  ["input", "keydown", "pointerdown"].forEach(function (name) { document.addEventListener(name, touched, { passive: true }); });
  document.addEventListener("htmx:afterRequest", function (event) {
    var polled = event.detail.requestConfig && event.detail.requestConfig.headers["X-Status-Poll"];
    if (!polled && event.detail.successful) heard(Date.now());
  });
  if (tabs) tabs.addEventListener("message", function (event) { heard(event.data); });
  setInterval(show, 5000);
})();
