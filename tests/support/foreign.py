"""A foreign BPMN engine, SpiffWorkflow, walking through what we export."""
import re

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.specs.defaults import ServiceTask
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

_DURATION = re.compile(r'P(\d+D)?(T\d+[HMS])?')


class Record(dict):
    """What expressions look at, by dots."""

    __getattr__ = dict.get


class Engine(PythonScriptEngine):
    """Reads a duration as the BPMN standard has it, without quotes."""

    def evaluate(self, task, expression, external_context=None):
        return expression if _DURATION.fullmatch(expression) else super().evaluate(task, expression, external_context)


class ForeignRun:
    """One run through a BPMN file.

    :param content: bytes of the file
    :param data: what expressions can read
    :param called: bytes of the files of the processes that it calls
    """

    def __init__(self, content, data=None, called=()):
        parser = BpmnParser()
        for file in (content, *called):
            parser.add_bpmn_xml(etree.fromstring(file))
        self.id = etree.fromstring(content).find('{*}process').get('id')
        self.spec = parser.get_spec(self.id)
        self.workflow = BpmnWorkflow(self.spec, parser.get_subprocess_specs(self.id), script_engine=Engine())
        for task in self.workflow.get_tasks(state=TaskState.READY):
            task.data.update(data or {})
        self._go_on()

    def _go_on(self):
        self.workflow.do_engine_steps()
        while services := [task for task in self.workflow.get_tasks(state=TaskState.STARTED) if isinstance(task.task_spec, ServiceTask)]:
            services[0].complete()
            self.workflow.do_engine_steps()

    @property
    def open(self):
        """The ids of the tasks that wait for somebody, as often as they wait."""
        return sorted(task.task_spec.name for task in self.workflow.get_tasks(state=TaskState.READY, manual=True))

    @property
    def waiting(self):
        """The ids of the events that are waited for."""
        return sorted(task.task_spec.name for task in self.workflow.get_tasks(state=TaskState.WAITING)
                      if hasattr(task.task_spec, 'event_definition'))

    @property
    def closed(self):
        return self.workflow.completed

    def act(self, step, outcome='', **data):
        """Somebody ends what is open at a step with an outcome."""
        task = next(task for task in self.workflow.get_tasks(state=TaskState.READY, manual=True) if task.task_spec.name == step)
        if outcome:
            task.data[f'{step}_outcome'] = outcome
        task.data.update(data)
        task.run()
        self._go_on()

    def happen(self, event):
        """What is waited for happens: its time has come, or its message arrives."""
        task = next(task for task in self.workflow.get_tasks(state=TaskState.WAITING) if task.task_spec.name == event)
        task._set_internal_data(event_fired=True)
        task.task_spec._update(task)
        self._go_on()
