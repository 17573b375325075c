// Small helps on top of pages that work without them: copy buttons, menus that close, confirmations
// as a dialog, and a word when a partial update fails. No data is kept in the browser.
(function () {
  "use strict";

  function each(root, selector, work) {
    if (root.matches && root.matches(selector)) work(root);
    root.querySelectorAll(selector).forEach(work);
  }

  function prepare(root) {
    each(root, "[data-copy]", function (button) { button.hidden = !navigator.clipboard; });
    each(root, "[data-focus]", function (element) { element.focus(); });
    each(root, "[data-script]", function (element) { element.hidden = false; });
    each(root, "[data-noscript]", function (element) { element.hidden = true; });
  }

  function say(text) {
    var place = document.getElementById("notices");
    if (!place) return;
    var strip = document.createElement("div");
    var words = document.createElement("p");
    strip.className = "strip strip-warn";
    words.textContent = text;
    strip.append(words);
    place.replaceChildren(strip);
  }

  function copy(button) {
    navigator.clipboard.writeText(button.dataset.copy).then(function () {
      var label = button.querySelector("[data-copy-label]");
      label.textContent = "Copied";
      setTimeout(function () { label.textContent = "Copy"; }, 2000);
    }, function () { say("The browser did not allow copying. Select the number and copy it by keyboard."); });
  }

  function closeMenus(except) {
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      if (menu !== except && !menu.contains(except)) menu.open = false;
    });
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-copy]");
    if (button) copy(button);
    if (event.target.closest("[data-print]")) window.print();
    var close = event.target.closest("dialog [data-close]");
    if (close) { event.preventDefault(); close.closest("dialog").close(); }
    if (event.target.nodeName === "DIALOG") event.target.close();
    closeMenus(event.target);
  });

  // How much of a text field is used; the server says it too, with each answer.
  document.addEventListener("input", function (event) {
    var place = event.target.id && document.querySelector('[data-count-of="' + CSS.escape(event.target.id) + '"]');
    if (place) place.textContent = event.target.value.length;
  });

  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") {
      var open = document.querySelector("details.menu[open]");
      if (open) { open.open = false; open.querySelector("summary").focus(); }
    }
  });

  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.dataset.sent) { event.preventDefault(); return; }
    if (form.method === "post" && !form.hasAttribute("hx-post")) {
      form.dataset.sent = "1";
      setTimeout(function () { delete form.dataset.sent; }, 4000);
    }
  });

  function isChoice(field) { return field.type === "checkbox" || field.type === "radio"; }

  // What people filled in within `root`, by name; what scripts and pages fill in is left out.
  function filledIn(root) {
    var fields = new Map();
    root.querySelectorAll("form[method=post] :is(input, select, textarea)[name]").forEach(function (field) {
      if (field.type === "hidden" || field.type === "file") return;
      fields.set(field.name + (isChoice(field) ? "=" + field.value : ""), field);
    });
    return fields;
  }

  function now(field) { return isChoice(field) ? field.checked : field.value; }

  function asItCame(field) {
    if (isChoice(field)) return field.defaultChecked;
    if (field.nodeName !== "SELECT") return field.defaultValue;
    var first = Array.from(field.options).find(function (option) { return option.defaultSelected; }) || field.options[0];
    return first ? first.value : "";
  }

  // The server answers what was typed when it was asked. What was typed since, while the answer was on its way,
  // is put back into the part that comes. A question by GET carries nothing typed, so all of it counts as since.
  var asked = new WeakMap();
  var typedSince = new WeakMap();

  document.addEventListener("htmx:beforeSend", function (event) {
    var detail = event.detail;
    var values = new Map();
    var read = detail.requestConfig.verb === "get" ? asItCame : now;
    // Removing a line gives the names of the lines behind it to others.
    if ((detail.elt.value || "").startsWith("remove-")) return;
    filledIn(detail.target).forEach(function (field, key) { values.set(key, read(field)); });
    asked.set(detail.xhr, values);
  });

  document.addEventListener("htmx:beforeSwap", function (event) {
    var values = asked.get(event.detail.xhr);
    if (!values) return;
    var since = new Map();
    filledIn(event.detail.target).forEach(function (field, key) {
      if (values.has(key) && values.get(key) !== now(field)) since.set(key, now(field));
    });
    typedSince.set(event.detail.xhr, since);
  });

  function putBack(root, since) {
    filledIn(root).forEach(function (field, key) {
      if (!since.has(key)) return;
      var answered = now(field);
      field[isChoice(field) ? "checked" : "value"] = since.get(key);
      if (now(field) !== since.get(key)) field.value = answered;
    });
  }

  document.addEventListener("htmx:afterSwap", function (event) {
    var target = event.detail.target;
    var since = typedSince.get(event.detail.xhr);
    var root = document.getElementById(target.id);
    if (since && root) putBack(root, since);
    if (target.id === "dialog" && !target.open) target.showModal();
  });
  // How far files on their way have come: a bar, and a word for who does not see it.
  document.addEventListener("htmx:xhr:progress", function (event) {
    var place = event.target.closest && event.target.closest("[data-progress]");
    place = place && place.querySelector("[data-sending]");
    if (!place || !event.detail.lengthComputable) return;
    var percent = Math.round(event.detail.loaded * 100 / event.detail.total);
    place.hidden = false;
    place.querySelector("progress").value = percent;
    place.querySelector("span").textContent = percent < 100 ? percent + " %" : "sent; being looked at";
  });
  document.addEventListener("htmx:load", function (event) { prepare(event.detail.elt); });
  document.addEventListener("htmx:responseError", function (event) {
    var code = event.detail.xhr.status;
    if (code === 403) say("Your role does not include this. Nothing was changed.");
    else say("This part of the page could not be updated (" + code + "). Load the page again.");
  });
  document.addEventListener("htmx:sendError", function () {
    say("No connection to Greenlight. What you see may be old; it goes on by itself when the connection is back.");
  });

  prepare(document);
})();
