(function(){
var bar=document.querySelector(".filters");if(!bar)return;bar.hidden=false;
var box=bar.querySelector("input[type=search]"),pick=bar.querySelectorAll("select"),out=bar.querySelector("output");
var all=[].slice.call(document.querySelectorAll("article")),rows={};
[].forEach.call(document.querySelectorAll("tr[data-for]"),function(r){rows[r.getAttribute("data-for")]=r});
function run(){
var words=box.value.toLowerCase().split(/\s+/).filter(Boolean),n=0;
all.forEach(function(a){
var text=a.textContent.toLowerCase(),ok=words.every(function(w){return text.indexOf(w)>=0});
[].forEach.call(pick,function(s){if(s.value&&a.getAttribute("data-"+s.name)!==s.value)ok=false});
a.hidden=!ok;if(rows[a.id])rows[a.id].hidden=!ok;if(ok)n++});
out.textContent=n+" of "+all.length+" shown"}
bar.addEventListener("input",run);run();
document.addEventListener("keydown",function(e){if(e.key==="/"&&!/INPUT|SELECT/.test(document.activeElement.tagName)){e.preventDefault();box.focus()}});
})();
