// What of Tabler is left out, and which icons are kept.

// Parts no page uses: their selectors are dropped. Everything else stays, so that pages may use Tabler's grid, utilities,
// buttons, cards, tables and lists without touching this file.
export const DROPPED = [
  /\.(navbar|nav-(tabs-alt|segmented|bordered)|offcanvas|modal|carousel|popover|tooltip|toast|theme-|was-validated|accordion)/,
  /\.(ribbon|switch-icon|mention|chat|signature|otp|calendar|sortable|legend|sparkline|signal|strength|prose|progressbg)/,
  /\.(form-(selectgroup|imagecheck|colorinput|colorcheck|floating|fieldset|help)|input-(icon|group-flat)|clipboard|dropzone)/,
  /\.(jvm|noUi|plyr|ts-|tom-select|litepicker|fc|fslightbox|hugerte|tox|star|iti|gl-|apexcharts|coloris|clr|turbo|tags?-|tag\b)/,
  /\.(page-cover|page-tabs|page-link-|payment|flag|social|countup|cookie|stars|tracking|float-|ratio|object-|hover-|placeholder)/,
  /\.(dropstart|dropend|dropup|hr-text|divide-|columns-|column|offset-|order-|row-cols|col-(xxl|auto)|g[xy]?-(sm|md|lg|xl|xxl)-)/,
  /\.(bg|text|btn|border|link|alert|badge|avatar|status|list-group-item|table|progress|steps|icon)-[a-z-]*(blue|azure|indigo|purple|pink|orange|yellow|lime|green|teal|cyan|x|facebook|twitter|linkedin|google|youtube|vimeo|dribbble|github|instagram|pinterest|vk|rss|flickr|bitbucket|tabler|red)\b/,
  /\.(m|p)[tbsexy]?-(sm|md|lg|xl|xxl)-|\.(d|flex|justify|align|text|gap|float|order)-xxl-|\.container-(xxl|slim|tight|narrow)/,
  /\.(rounded|border|opacity|shadow|link|focus-ring|z|user-select|pe|cursor|start|end|top|bottom|translate|vr|img|figure|lead|display-|blockquote|antialiased|spinner-grow|btn-(animate|ghost|square|loading|actions|floating|icon-only)|avatar-|card-(rotate|link|stamp|img|stacked|cover|tabs|sponsor|marquee|borderless|gradient)|steps|step-item|timeline|empty|status|icon-(pulse|tada|rotate)|dropdown-menu-card|list-timeline|form-(range|switch|check-(inline|reverse))|nav-(justified|fill|underline)|legend|hide-theme|img-(light|dark)|table-(mobile|responsive-|active|selectgroup|sort))/,
  /\.(bg-(pattern|gradient|blur|opacity)|text-(opacity|black-50|white-50)|row-(gap|cards|deck)|dropdown|list-group-(horizontal|item-[a-z]+$|numbered)|list-group-item-(primary|secondary|success|info|warning|danger|light|dark|muted))/,
  /\.(markdown|chart|avatar|layout|loader|datagrid|callout|dimmer|collaps|toolbar|grid-|g-(start|col)|font-|alert|badge|progress|nav\b|nav-|page\b|page-(wrapper|body|header|center|pretitle|title|subtitle|section|text|item-)|btn-(check|group|toolbar|close|light|dark|muted|info|pill|action|vk|xl)|text-bg|card-(dashed|transparent|inactive|active|btn|meta|status|code|chart|avatar|note|progress|options|group|header-(tabs|pills|light))|align-content|sticky|w-(sm|md|lg|xl|xxl)|form-(control-(light|dark|rounded|flush|color|plaintext)|footer|file|check-single)|valid|invalid|is-valid|scroll|skip|breadcrumb)/,
  /navbar-theme|data-bs-theme|\[data-theme|data-bs-popper|\.theme-dark|:-moz-|data-bs-theme-(base|font|primary|radius)/,
];

export const ICONS = `alert-circle alert-triangle arrow-left arrow-right arrow-up-right bell bolt building building-bank calendar
calendar-due camera cash chart-bar check checklist chevron-down chevron-left chevron-right chevrons-right circle-check circle-x clock
coins contrast copy credit-card device-desktop device-mobile download edit external-link eye eye-off file-check file-text files filter
fingerprint flag hand-stop help history home id id-badge-2 inbox info-circle key language layout-dashboard link list list-check lock
login logout mail map-pin menu-2 message minus moon note paperclip pencil phone phone-call pin plus point printer quote receipt refresh report-money
rosette-discount-check scale search send settings shield-check shield-lock signature sun trash trending-down trending-up upload user
user-check user-circle users wallet x`.split(/\s+/).map((name) => `outline/${name}`);

export const MIT = (holder) => `MIT License

Copyright (c) ${holder}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation
files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy,
modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software
is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES
OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE
LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR
IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`;
