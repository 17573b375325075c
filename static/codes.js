// Code fields that look codes up while somebody types: a list below the field, worked by arrow keys, Enter and Escape,
// or by pointer. Without this script the fields take codes as text, and the server says which are wrong.
(function () {
  "use strict";
  var WAIT = 120;
  var SHORTEST = 2;
  var count = 0;

  function piece(input) {
    return input.hasAttribute("data-codes-many") ? input.value.slice(start(input)) : input.value;
  }

  function start(input) {
    return Math.max(input.value.lastIndexOf(","), input.value.lastIndexOf(";")) + 1;
  }

  // The day of service beside the field, or the first day of the form: codes come and go by date.
  function day(input) {
    var row = input.closest("tr");
    var field = (row && row.querySelector("[name$=first_day]")) || (input.form && input.form.elements.starts_on);
    return field ? field.value : "";
  }

  function prepare(input) {
    if (input.dataset.ready) return;
    input.dataset.ready = "1";
    var list = document.createElement("ul");
    var told = document.createElement("span");
    var asked = 0;
    var timer = 0;
    var active = null;

    list.id = "codes-" + (count += 1);
    list.className = "codelist plain";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "Codes that fit");
    list.hidden = true;
    told.className = "visually-hidden";
    told.setAttribute("role", "status");
    input.after(list, told);
    input.parentElement.classList.add("combo");
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", list.id);
    input.setAttribute("aria-expanded", "false");

    function close() {
      asked += 1;
      clearTimeout(timer);
      list.hidden = true;
      list.replaceChildren();
      active = null;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }

    function options() { return Array.from(list.querySelectorAll("[role=option]")); }

    function mark(option) {
      if (active) active.setAttribute("aria-selected", "false");
      active = option;
      if (!option) { input.removeAttribute("aria-activedescendant"); return; }
      option.setAttribute("aria-selected", "true");
      input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    }

    function move(step) {
      var all = options();
      if (!all.length) return;
      var at = all.indexOf(active);
      mark(all[at < 0 ? (step > 0 ? 0 : all.length - 1) : (at + step + all.length) % all.length]);
    }

    function choose(option) {
      var at = input.hasAttribute("data-codes-many") ? start(input) : 0;
      input.value = input.value.slice(0, at) + (at ? " " : "") + option.dataset.code;
      var row = input.closest("tr");
      var words = row && input.parentElement.querySelector(".sub:not(.codelist *)");
      var counted = row && row.querySelector("select[name$=quantity_type]");
      if (words) words.textContent = option.dataset.words;
      if (counted && counted.querySelector('option[value="' + CSS.escape(option.dataset.counted) + '"]')) {
        counted.value = option.dataset.counted;
      }
      close();
      told.textContent = option.dataset.code + " " + option.dataset.words + " chosen";
      if (input.hasAttribute("hx-post")) input.dispatchEvent(new Event("change", { bubbles: true }));
    }

    function show(html) {
      list.innerHTML = html;
      active = null;
      var all = options();
      all.forEach(function (option, number) { option.id = list.id + "-" + number; });
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
      told.textContent = all.length ? all.length + (all.length === 1 ? " code fits" : " codes fit") : "No code fits";
    }

    function ask() {
      var text = piece(input).trim();
      var number = (asked += 1);
      if (text.length < SHORTEST) { close(); return; }
      fetch(input.dataset.codes, {
        method: "POST",
        credentials: "same-origin",
        redirect: "manual",
        headers: JSON.parse(document.body.getAttribute("hx-headers") || "{}"),
        body: new URLSearchParams({ q: text, on: day(input) })
      }).then(function (answer) { return answer.ok ? answer.text() : ""; }).then(function (html) {
        if (number !== asked || document.activeElement !== input) return;
        if (html) show(html); else close();
      }, close);
    }

    input.addEventListener("input", function () { clearTimeout(timer); timer = setTimeout(ask, WAIT); });
    input.addEventListener("blur", close);
    input.addEventListener("keydown", function (event) {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (list.hidden) ask(); else move(event.key === "ArrowDown" ? 1 : -1);
      } else if (event.key === "Enter" && active) {
        event.preventDefault();
        choose(active);
      } else if (event.key === "Escape" && !list.hidden) {
        event.preventDefault();
        event.stopPropagation();
        close();
      }
    });
    list.addEventListener("mousedown", function (event) {
      event.preventDefault();
      var option = event.target.closest("[role=option]");
      if (option) choose(option);
    });
  }

  function prepareAll(root) {
    if (root.matches && root.matches("[data-codes]")) prepare(root);
    root.querySelectorAll("[data-codes]").forEach(prepare);
  }

  document.addEventListener("htmx:load", function (event) { prepareAll(event.detail.elt); });
  prepareAll(document);
})();
