using System.Reflection;

namespace SidecarPatterns.Tests;

/// <summary>
/// The tasks of the library that have begun since this was made and have not ended, as a debugger lists them. One at a time in a process, since it
/// switches on what the runtime does for debuggers.
/// </summary>
internal sealed class RunningTasks : IDisposable
{
    private static readonly FieldInfo IsOn = Field("s_asyncDebuggingEnabled", BindingFlags.Static);
    private static readonly FieldInfo Active = Field("s_currentActiveTasks", BindingFlags.Static);
    private static readonly FieldInfo Action = Field("m_action", BindingFlags.Instance);

    public RunningTasks()
    {
        Clear();
        IsOn.SetValue(null, true);
    }

    /// <summary>The methods whose tasks run, or wait for something.</summary>
    public static IReadOnlyList<string> OfTheLibrary()
    {
        if (Active.GetValue(null) is not Dictionary<int, Task> active)
        {
            return [];
        }

        lock (active)
        {
            return [.. active.Values
                .Where(static task => !task.IsCompleted)
                .Select(MethodOf)
                .Where(static method => method?.Module.Assembly == typeof(ISidecar).Assembly)
                .Select(static method => method!.ToString()!)];
        }
    }

    public void Dispose()
    {
        IsOn.SetValue(null, false);
        Clear();
    }

    // The state machine of an asynchronous method, or what a task was given to run.
    private static MemberInfo? MethodOf(Task task)
    {
        var machine = task.GetType().GenericTypeArguments.LastOrDefault(static type => type.Name.Contains('<', StringComparison.Ordinal));
        return machine is null ? (Action.GetValue(task) as Delegate)?.Method : machine;
    }

    // Tasks that have ended while this was off are still there.
    private static void Clear()
    {
        if (Active.GetValue(null) is Dictionary<int, Task> active)
        {
            lock (active)
            {
                active.Clear();
            }
        }
    }

    private static FieldInfo Field(string name, BindingFlags flags) => typeof(Task).GetField(name, flags | BindingFlags.NonPublic) ??
        throw new MissingFieldException(nameof(Task), name);
}
