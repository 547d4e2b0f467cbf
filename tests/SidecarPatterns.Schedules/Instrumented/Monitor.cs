using System.Runtime.CompilerServices;

#pragma warning disable IDE0130 // The compiler knows it by this name: a lock statement on any other object comes here.
namespace System.Threading;
#pragma warning restore IDE0130

/// <summary>Stands before the framework's: each object has a <see cref="Lock"/>.</summary>
public static class Monitor
{
    private static readonly ConditionalWeakTable<object, Lock> Locks = [];

    public static void Enter(object obj, ref bool lockTaken)
    {
        Locks.GetOrCreateValue(obj).Enter();
        lockTaken = true;
    }

    public static void Exit(object obj) => Locks.GetOrCreateValue(obj).Exit();
}
